//! Words of the domain as text in documents: written as they are shown to people, read strictly.

/// Implements serde's traits by a reader that may refuse and a writer.
macro_rules! written_as_text {
    ($type:ty, $read:expr, $write:expr, $expected:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let write: fn(&$type) -> &str = $write;
                serializer.serialize_str(write(self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let read: fn(&str) -> Option<$type> = $read;
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                read(&text).ok_or_else(|| serde::de::Error::custom(concat!("not ", $expected)))
            }
        }
    };
}

pub(crate) use written_as_text;

#[cfg(test)]
mod tests {
    use crate::{
        identity::{Sex, StudentNo},
        movement::{MovementKind, Status},
        organisation::{Division, SchoolId, Stage},
    };

    #[test]
    fn words_are_written_as_shown_and_read_strictly() {
        let written = toml::to_string(&std::collections::BTreeMap::from([("status", Status::DroppedOut)])).unwrap();
        assert_eq!(written, "status = \"辍学保留\"\n");
        #[derive(serde::Deserialize)]
        #[allow(dead_code, reason = "only whether it reads matters")]
        struct All {
            status: Status,
            kind: MovementKind,
            school: SchoolId,
            division: Division,
            number: StudentNo,
            sex: Sex,
            stage: Stage,
        }
        let text = |number: &str| {
            format!(
                "status = \"在读\"\nkind = \"升级\"\nschool = \"2134000001\"\ndivision = \"340102\"\nnumber = \"{number}\"\nsex = \"男\"\nstage = \"初中\""
            )
        };
        assert!(toml::from_str::<All>(&text("G341126201503010016")).is_ok());
        let refused = toml::from_str::<All>(&text("341126201503010016")).err().unwrap().to_string();
        assert!(refused.contains("not a registration number") && refused.contains("number"), "{refused}");
    }
}
