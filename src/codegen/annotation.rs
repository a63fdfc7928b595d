//! Types as Python annotations: plain ones for readers and type checkers, exact ones for models.

use serde_json::Value;

use super::literal::{json, quote};
use super::types::{Bounds, Class, Length, Text, Type, Union};

/// Who reads an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A person and a type checker: `int`.
    Plain,
    /// Pydantic: `Annotated[Integer, Field(ge=1)]`.
    Exact,
}

/// The annotation of a type whose classes are `classes`.
pub(super) fn annotation(value: &Type, style: Style, classes: &[Class]) -> String {
    let inner = |value: &Type| annotation(value, style, classes);
    match (value, style) {
        (Type::Json, _) => "Json".to_owned(),
        (Type::Nothing, Style::Plain) | (Type::Null, _) => "None".to_owned(),
        (Type::Nothing, Style::Exact) => "Nothing".to_owned(),
        (Type::Boolean, _) => "bool".to_owned(),
        (Type::Integer(_), Style::Plain) => "int".to_owned(),
        (Type::Number(_), Style::Plain) => "float".to_owned(),
        (Type::Text(_), Style::Plain) => "str".to_owned(),
        (Type::Integer(bounds), Style::Exact) => annotated("Integer", &bound_arguments(bounds)),
        (Type::Number(bounds), Style::Exact) => annotated("Number", &bound_arguments(bounds)),
        (Type::Text(text), Style::Exact) => annotated("str", &text_arguments(text)),
        (Type::Literal(values), _) => literal(values, style),
        (Type::List(items, _), Style::Plain) => format!("list[{}]", inner(items)),
        (Type::List(items, length), Style::Exact) => annotated(&format!("list[{}]", inner(items)), &length_arguments(*length)),
        (Type::Tuple(items), Style::Plain) => format!("tuple[{}]", joined(items, inner)),
        (Type::Tuple(items), Style::Exact) => format!("Annotated[tuple[{}], Field(strict=False)]", joined(items, inner)),
        (Type::Map(values), _) => format!("dict[str, {}]", inner(values)),
        (Type::Class(id), _) => classes.get(*id).map_or("Json", |class| class.name.as_str()).to_owned(),
        (Type::Union(union), _) => union_annotation(union, style, classes),
    }
}

fn joined(items: &[Type], inner: impl Fn(&Type) -> String) -> String {
    items.iter().map(inner).collect::<Vec<_>>().join(", ")
}

fn union_annotation(union: &Union, style: Style, classes: &[Class]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for member in &union.members {
        let part = annotation(member, style, classes);
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let text = parts.join(" | ");
    match (&union.discriminator, style) {
        (Some(field), Style::Exact) => format!("Annotated[{text}, Field(discriminator={})]", quote(field)),
        (Some(_), Style::Plain) | (None, _) => text,
    }
}

/// `Literal` holds texts, integers and booleans; other values are told apart at run time.
fn literal(values: &[Value], style: Style) -> String {
    let spelled: Vec<String> = values.iter().filter(|value| is_literal(value)).map(json).collect();
    let mut parts = Vec::new();
    if !spelled.is_empty() {
        parts.push(format!("Literal[{}]", spelled.join(", ")));
    }
    for other in values.iter().filter(|value| !is_literal(value)) {
        let part = match other {
            Value::Number(_) => "float",
            Value::Array(_) => "list[Json]",
            Value::Object(_) => "dict[str, Json]",
            Value::Null | Value::Bool(_) | Value::String(_) => continue,
        };
        if !parts.iter().any(|known| known == part) {
            parts.push(part.to_owned());
        }
    }
    let text = parts.join(" | ");
    if style == Style::Plain || values.iter().all(Value::is_string) {
        return text;
    }
    format!("Annotated[{text}, OneOf({})]", values.iter().map(json).collect::<Vec<_>>().join(", "))
}

fn is_literal(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Bool(_) => true,
        Value::Number(_) => value.is_i64(),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn annotated(base: &str, arguments: &[String]) -> String {
    match arguments {
        [] => base.to_owned(),
        arguments => format!("Annotated[{base}, Field({})]", arguments.join(", ")),
    }
}

fn bound_arguments(bounds: &Bounds) -> Vec<String> {
    let named = [
        ("ge", &bounds.least),
        ("gt", &bounds.above),
        ("le", &bounds.most),
        ("lt", &bounds.below),
        ("multiple_of", &bounds.multiple),
    ];
    named.into_iter().filter_map(|(name, bound)| Some(format!("{name}={}", bound.as_ref()?))).collect()
}

fn text_arguments(text: &Text) -> Vec<String> {
    let pattern = text.pattern.as_ref().map(|pattern| format!("pattern={}", quote(pattern)));
    length_arguments(text.length).into_iter().chain(pattern).collect()
}

fn length_arguments(length: Length) -> Vec<String> {
    let least = length.least.filter(|least| *least > 0).map(|least| format!("min_length={least}"));
    least.into_iter().chain(length.most.map(|most| format!("max_length={most}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as value;

    #[test]
    fn annotations_say_the_same_to_people_and_to_pydantic() {
        let bounds = Bounds { least: Some("1".to_owned()), multiple: Some("2".to_owned()), ..Bounds::default() };
        let text = Text { length: Length { least: Some(1), most: Some(9) }, pattern: Some("^a\"$".to_owned()) };
        let table = [
            (Type::Json, "Json", "Json"),
            (Type::Nothing, "None", "Nothing"),
            (Type::Integer(bounds), "int", "Annotated[Integer, Field(ge=1, multiple_of=2)]"),
            (Type::Number(Bounds::default()), "float", "Number"),
            (Type::Text(text), "str", "Annotated[str, Field(min_length=1, max_length=9, pattern=\"^a\\\"$\")]"),
            (Type::Literal(vec![value!("a"), value!("")]), "Literal[\"a\", \"\"]", "Literal[\"a\", \"\"]"),
            (
                Type::Literal(vec![value!(1), value!(true), value!(0.5), value!([1]), value!({})]),
                "Literal[1, True] | float | list[Json] | dict[str, Json]",
                "Annotated[Literal[1, True] | float | list[Json] | dict[str, Json], OneOf(1, True, 0.5, [1], {})]",
            ),
            (
                Type::List(Box::new(Type::Null), Length { least: Some(0), most: Some(2) }),
                "list[None]",
                "Annotated[list[None], Field(max_length=2)]",
            ),
            (
                Type::Tuple(vec![Type::Boolean, Type::Json]),
                "tuple[bool, Json]",
                "Annotated[tuple[bool, Json], Field(strict=False)]",
            ),
            (Type::union([Type::Map(Box::default()), Type::Null]), "dict[str, Json] | None", "dict[str, Json] | None"),
        ];
        for (value, plain, exact) in table {
            assert_eq!(annotation(&value, Style::Plain, &[]), plain);
            assert_eq!(annotation(&value, Style::Exact, &[]), exact);
        }
    }
}
