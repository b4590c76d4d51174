//! Facts read from JSON, with errors that name the field in two languages and show no value.
//!
//! serde's own messages quote what they found, which may be a name or a number of a person. This reader keeps only field names, all of
//! which are those of our structs. A blank text counts as absent.

use std::fmt;

use serde::{
    de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor},
    forward_to_deserialize_any,
};
use serde_json::Value;

use crate::{PaperError, names};

/// Reads facts.
///
/// # Errors
/// When the text is no JSON, or a field is missing, blank, unknown or not what it should be.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, PaperError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|fault| PaperError::NotJson { line: fault.line(), column: fault.column() })?;
    T::deserialize(Node(&value)).map_err(Fault::told)
}

/// A field at the top that is there and holds nothing.
pub(crate) fn missing(field: &'static str) -> PaperError {
    <Fault as de::Error>::missing_field(field).told()
}

#[derive(Debug)]
struct Fault {
    /// Innermost first.
    path: Vec<Step>,
    what: What,
}

#[derive(Debug)]
enum Step {
    Field(String),
    Row(usize),
}

#[derive(Debug)]
enum What {
    Missing,
    Unreadable { wanted: String, expected: String },
    Unknown(&'static [&'static str]),
}

impl Fault {
    fn new(what: What) -> Fault {
        Fault { path: Vec::new(), what }
    }

    fn within(mut self, step: Step) -> Fault {
        self.path.push(step);
        self
    }

    fn told(self) -> PaperError {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(name),
                Step::Field(name) => {
                    path.push('.');
                    path.push_str(name);
                }
                Step::Row(row) => path.push_str(&format!("[{row}]")),
            }
        }
        let field = self.path.iter().find_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Row(_) => None,
        });
        let chinese = field.map_or("所填事实", names::chinese);
        let label = field.map_or_else(|| "facts".to_owned(), names::english);
        match self.what {
            What::Missing => PaperError::Missing { path, chinese, label },
            What::Unreadable { wanted, expected } => PaperError::Unreadable { path, chinese, label, wanted, expected },
            What::Unknown(fields) => {
                let path = if path.is_empty() { label } else { path };
                PaperError::Unknown { path, chinese, known: fields.join(", ") }
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fact cannot be read")
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    /// The message may quote the value (a day that is none does), so only its place is kept.
    fn custom<T: fmt::Display>(_message: T) -> Fault {
        unreadable("规定的格式（日期如 2013-09-01）", "in the form asked for (a day is 2013-09-01)")
    }

    fn invalid_type(_found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Fault {
        expected_instead(expected)
    }

    fn invalid_value(_found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Fault {
        expected_instead(expected)
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Fault {
        unreadable(&format!("以下之一：{}", expected.join("、")), &format!("one of {}", expected.join(", ")))
    }

    fn unknown_field(_field: &str, expected: &'static [&'static str]) -> Fault {
        Fault::new(What::Unknown(expected))
    }

    fn missing_field(field: &'static str) -> Fault {
        Fault::new(What::Missing).within(Step::Field(field.to_owned()))
    }
}

fn unreadable(wanted: &str, expected: &str) -> Fault {
    Fault::new(What::Unreadable { wanted: wanted.to_owned(), expected: expected.to_owned() })
}

/// serde tells what it wanted in words of Rust.
fn expected_instead(expected: &dyn de::Expected) -> Fault {
    let words = expected.to_string();
    match words.as_str() {
        "a string" => unreadable("文字", "a text"),
        "a boolean" => unreadable("true 或 false", "true or false"),
        "a sequence" => unreadable("列表", "a list"),
        number if number.starts_with(['u', 'i']) => unreadable("范围内的整数", "a whole number within range"),
        _ => unreadable("一组字段", "a group of fields"),
    }
}

struct Node<'a>(&'a Value);

impl Node<'_> {
    fn is_absent(&self) -> bool {
        match self.0 {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

impl<'de> de::Deserializer<'de> for Node<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            _ if self.is_absent() => Err(Fault::new(What::Missing)),
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(rows) => visitor.visit_seq(Rows { rows: rows.iter().enumerate() }),
            Value::Object(fields) => visitor.visit_map(Fields { fields: fields.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is_absent() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            _ if self.is_absent() => Err(Fault::new(What::Missing)),
            Value::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => Err(de::Error::unknown_variant("", variants)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Rows<'a> {
    rows: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
}

impl<'de> de::SeqAccess<'de> for Rows<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((row, value)) = self.rows.next() else { return Ok(None) };
        seed.deserialize(Node(value)).map(Some).map_err(|fault| fault.within(Step::Row(row)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rows.len())
    }
}

struct Fields<'a> {
    fields: serde_json::map::Iter<'a>,
    value: Option<(&'a String, &'a Value)>,
}

impl<'de> de::MapAccess<'de> for Fields<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.fields.next();
        let Some((name, _)) = self.value else { return Ok(None) };
        seed.deserialize(name.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, value)) = self.value.take() else { return Err(Fault::new(What::Missing)) };
        seed.deserialize(Node(value)).map_err(|fault| fault.within(Step::Field(name.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pupil;

    const PUPIL: &str = r#"{"name":"王小明","sex":"男","birth_date":"2015-03-01","student_no":"G341126201503010016"}"#;

    fn without(field: &str, instead: Option<Value>) -> PaperError {
        let mut pupil: serde_json::Map<String, Value> = serde_json::from_str(PUPIL).unwrap();
        pupil.remove(field);
        if let Some(value) = instead {
            pupil.insert(field.to_owned(), value);
        }
        read::<Pupil>(&Value::Object(pupil).to_string()).err().unwrap()
    }

    #[test]
    fn a_missing_field_is_named_in_two_languages() {
        assert!(read::<Pupil>(PUPIL).is_ok());
        for instead in [None, Some(Value::Null), Some(" ".into())] {
            let message = without("student_no", instead).to_string();
            assert_eq!(message, "缺少“学籍号” / field `student_no` (student number) is missing or blank");
        }
    }

    #[test]
    fn no_message_shows_a_value() {
        for (field, value) in [
            ("name", serde_json::json!(["王小明"])),
            ("sex", "王小明".into()),
            ("birth_date", "王小明".into()),
            ("student_no", 341_126_201_503_010_016_u64.into()),
            ("王小明", "341126201503010016".into()),
            ("id_kind", 5.into()),
        ] {
            let fault = without(field, Some(value));
            for text in [fault.to_string(), format!("{fault:?}")] {
                assert!(!text.contains("王小明") && !text.contains("341126"), "{text}");
            }
        }
        let broken = read::<Pupil>("{\"name\": \"王小明\"\n oops}").err().unwrap();
        assert_eq!(broken, PaperError::NotJson { line: 2, column: 2 });
    }

    #[test]
    fn the_place_in_a_list_is_told() {
        let list = format!("[{PUPIL}, {{\"name\": \"李\"}}]");
        let message = read::<Vec<Pupil>>(&list).err().unwrap().to_string();
        assert!(message.contains("`[1].sex`") && message.contains("性别"), "{message}");
    }
}
