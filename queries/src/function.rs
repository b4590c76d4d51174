//! The domain as SQL functions, registered in one place.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringArray},
        datatypes::{DataType, Date32Type, Int64Type},
    },
    common::Result,
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};
use domain::{
    calendar::{Day, MonthDay, SchoolYear, WorkCalendar},
    identity::IdNo,
    organisation::Stage,
    policy::Policy,
};

/// Every function, under the policy in force.
///
/// | function | answers |
/// |---|---|
/// | `school_year(day)` | the policy's school year of a day, `2013-2014` |
/// | `statistics_year(day)` | the statistical school year of a day |
/// | `id_valid(text)` | whether a text is a citizen ID number with a right check digit (GB 11643); null for null |
/// | `working_days_between(a, b)` | working days after `a` up to `b` by the state calendar |
/// | `stage_of(grade)` | 学段 of a grade; null outside 1–12 |
pub fn functions(policy: &Policy) -> Vec<ScalarUDF> {
    vec![
        year_function("school_year", policy.school_year_start()),
        year_function("statistics_year", policy.statistics_year_start()),
        function("id_valid", vec![DataType::Utf8], DataType::Boolean, |arrays| {
            let texts = arrays[0].as_string::<i32>();
            Arc::new(texts.iter().map(|text| text.map(id_valid)).collect::<BooleanArray>())
        }),
        function("working_days_between", vec![DataType::Date32, DataType::Date32], DataType::Int64, |arrays| {
            let calendar = WorkCalendar::official();
            let (from, to) = (arrays[0].as_primitive::<Date32Type>(), arrays[1].as_primitive::<Date32Type>());
            let days = from.iter().zip(to).map(|(from, to)| {
                Some(calendar.workdays_between(Day::from_epoch_days(from?), Day::from_epoch_days(to?)))
            });
            Arc::new(days.collect::<Int64Array>())
        }),
        function("stage_of", vec![DataType::Int64], DataType::Utf8, |arrays| {
            let grades = arrays[0].as_primitive::<Int64Type>();
            Arc::new(grades.iter().map(|grade| stage_of(grade?)).collect::<StringArray>())
        }),
    ]
}

fn id_valid(text: &str) -> bool {
    IdNo::read(text).is_ok_and(|number| number.check().checksum_ok)
}

fn stage_of(grade: i64) -> Option<&'static str> {
    Some(Stage::of_grade(u8::try_from(grade).ok()?)?.label())
}

fn year_function(name: &str, start: MonthDay) -> ScalarUDF {
    function(name, vec![DataType::Date32], DataType::Utf8, move |arrays| {
        let mut last: Option<(i32, i32, String)> = None;
        let days = arrays[0].as_primitive::<Date32Type>();
        let years = days.iter().map(|day| {
            let day = day?;
            match &last {
                Some((first, end, year)) if (*first..=*end).contains(&day) => Some(year.clone()),
                _ => {
                    let year = SchoolYear::of(Day::from_epoch_days(day), start);
                    let text = year.to_string();
                    last = Some((year.first_day(start).epoch_days(), year.last_day(start).epoch_days(), text.clone()));
                    Some(text)
                }
            }
        });
        Arc::new(years.collect::<StringArray>())
    })
}

/// A function of columns; DataFusion has coerced the arguments to the types stated.
fn function(
    name: &str,
    takes: Vec<DataType>,
    gives: DataType,
    rule: impl Fn(&[ArrayRef]) -> ArrayRef + Send + Sync + 'static,
) -> ScalarUDF {
    let body = move |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let scalar = arguments.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let result = rule(&ColumnarValue::values_to_arrays(arguments)?);
        if scalar && result.len() == 1 {
            return Ok(ColumnarValue::Scalar(datafusion::scalar::ScalarValue::try_from_array(&result, 0)?));
        }
        Ok(ColumnarValue::Array(result))
    };
    create_udf(name, takes, gives, Volatility::Immutable, Arc::new(body))
}
