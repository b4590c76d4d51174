//! A model with parameters as a table function: `headcount_on(day, run_id)`.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::DataType,
    catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider},
    common::{ParamValues, Result, plan_err},
    datasource::ViewTable,
    logical_expr::{Expr, LogicalPlan},
    scalar::ScalarValue,
};

/// A planned query with named parameters, the values of which may be left out from the end.
#[derive(Debug)]
pub struct Parameterised {
    name: String,
    plan: LogicalPlan,
    parameters: Vec<Parameter>,
}

/// A parameter with the value it has when none is given.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name, `$name` in the query.
    pub name: String,
    /// Its value when left out; its type is the parameter's.
    pub default: ScalarValue,
}

impl Parameterised {
    /// The function `name` over a plan with placeholders.
    pub fn new(name: &str, plan: LogicalPlan, parameters: Vec<Parameter>) -> Parameterised {
        Parameterised { name: name.to_owned(), plan, parameters }
    }

    fn usage(&self) -> String {
        let takes: Vec<String> = self
            .parameters
            .iter()
            .map(|parameter| format!("[{} {}]", parameter.name, word(&parameter.default.data_type())))
            .collect();
        format!("{}({})", self.name, takes.join(", "))
    }
}

fn word(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Date32 => "day as '2013-10-31'",
        _ => "number",
    }
}

impl TableFunctionImpl for Parameterised {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        if args.exprs().len() > self.parameters.len() {
            return plan_err!("too many arguments; it is called as {}", self.usage());
        }
        let mut values = Vec::with_capacity(self.parameters.len());
        for (at, parameter) in self.parameters.iter().enumerate() {
            let value = match args.exprs().get(at) {
                None => parameter.default.clone(),
                Some(Expr::Literal(value, _)) if !value.is_null() => {
                    match value.cast_to(&parameter.default.data_type()) {
                        Ok(value) if !value.is_null() => value,
                        _ => return plan_err!("{value} is no {} of {}", parameter.name, self.usage()),
                    }
                }
                Some(other) => return plan_err!("{other} is not a constant; it is called as {}", self.usage()),
            };
            values.push((parameter.name.clone(), value));
        }
        let plan = self.plan.clone().with_param_values(ParamValues::from(values))?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}
