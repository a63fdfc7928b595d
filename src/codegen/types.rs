//! What a schema says, as far as Python can say it: the form between reading a schema and writing a module.

use serde_json::Value;

/// A class of a module, by its place in [`ToolTypes::classes`].
pub(super) type ClassId = usize;

/// The types of one tool.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ToolTypes {
    /// All classes, each after those it needs where that is possible.
    pub(super) classes: Vec<Class>,
    /// Its arguments.
    pub(super) params: ClassId,
    /// Its result.
    pub(super) result: Type,
    /// What had to be loosened.
    pub(super) notes: Vec<String>,
}

/// A type of Python that holds JSON values.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Type {
    /// Any value.
    #[default]
    Json,
    /// No value.
    Nothing,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction.
    Integer(Bounds),
    /// A number.
    Number(Bounds),
    /// A string.
    Text(Text),
    /// One of these values.
    Literal(Vec<Value>),
    /// An array of any length.
    List(Box<Type>, Length),
    /// An array of exactly these.
    Tuple(Vec<Type>),
    /// An object with values of one type.
    Map(Box<Type>),
    /// An object with named fields.
    Class(ClassId),
    /// One of several; never nested, never with [`Type::Json`] in it.
    Union(Union),
}

/// Several types, and what tells them apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Union {
    /// At least two.
    pub(super) members: Vec<Type>,
    /// The field whose literal value decides, where all members are classes that have it.
    pub(super) discriminator: Option<String>,
}

/// Limits of a number, as Python literals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bounds {
    /// `>=`.
    pub(super) least: Option<String>,
    /// `>`.
    pub(super) above: Option<String>,
    /// `<=`.
    pub(super) most: Option<String>,
    /// `<`.
    pub(super) below: Option<String>,
    /// An integer that divides it.
    pub(super) multiple: Option<String>,
}

/// Limits of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Length {
    /// At least.
    pub(super) least: Option<u64>,
    /// At most.
    pub(super) most: Option<u64>,
}

/// Limits of a string.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text {
    /// In characters.
    pub(super) length: Length,
    /// A pattern that means the same to Pydantic as in the schema.
    pub(super) pattern: Option<String>,
}

/// An object with named fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Class {
    /// Its name in Python.
    pub(super) name: String,
    /// What the server says of it.
    pub(super) description: Option<String>,
    /// In the order of the schema.
    pub(super) fields: Vec<Field>,
    /// Whether and which further keys it may have.
    pub(super) further: Further,
}

/// Keys beside the named ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Further {
    /// None.
    Closed,
    /// With values of this type.
    Open(Type),
}

impl Default for Further {
    fn default() -> Self {
        Self::Open(Type::Json)
    }
}

/// A field of a class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// Its key in the JSON object.
    pub(super) wire: String,
    /// Its name in Python.
    pub(super) name: String,
    /// Its type.
    pub(super) value: Type,
    /// Whether it must be given.
    pub(super) required: bool,
    /// What the server says of it.
    pub(super) description: Option<String>,
    /// Rules and hints worth knowing, such as `default 10`.
    pub(super) details: Vec<String>,
}

impl Type {
    /// One of `members`, flattened and without repetitions; `Json` swallows everything.
    pub(super) fn union(members: impl IntoIterator<Item = Type>) -> Type {
        let mut flat: Vec<Type> = Vec::new();
        for member in members {
            let parts = if let Type::Union(union) = member { union.members } else { vec![member] };
            for part in parts.into_iter().filter(|part| *part != Type::Nothing) {
                add(&mut flat, part);
            }
        }
        if flat.contains(&Type::Json) {
            return Type::Json;
        }
        flat.sort_by_key(|member| *member == Type::Null);
        match flat.len() {
            0 => Type::Nothing,
            1 => flat.remove(0),
            _ => Type::Union(Union { members: flat, discriminator: None }),
        }
    }

    /// Whether it takes every value of its kind.
    pub(super) fn is_unrestricted(&self) -> bool {
        match self {
            Type::Json | Type::Null | Type::Boolean => true,
            Type::Integer(bounds) | Type::Number(bounds) => *bounds == Bounds::default(),
            Type::Text(text) => *text == Text::default(),
            Type::List(items, length) => **items == Type::Json && *length == Length::default(),
            Type::Map(values) => **values == Type::Json,
            Type::Nothing | Type::Literal(_) | Type::Tuple(_) | Type::Class(_) | Type::Union(_) => false,
        }
    }

    /// The members of a union, or the type itself.
    pub(super) fn members(&self) -> &[Type] {
        match self {
            Type::Union(union) => &union.members,
            Type::Json
            | Type::Nothing
            | Type::Null
            | Type::Boolean
            | Type::Integer(_)
            | Type::Number(_)
            | Type::Text(_)
            | Type::Literal(_)
            | Type::List(..)
            | Type::Tuple(_)
            | Type::Map(_)
            | Type::Class(_) => std::slice::from_ref(self),
        }
    }
}

/// Adds a member of a union; literals join the literals that are there.
fn add(members: &mut Vec<Type>, part: Type) {
    if let Type::Literal(values) = &part
        && let Some(Type::Literal(known)) = members.iter_mut().find(|member| matches!(member, Type::Literal(_)))
    {
        for value in values {
            if !known.contains(value) {
                known.push(value.clone());
            }
        }
    } else if !members.contains(&part) {
        members.push(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unions_are_flat_and_null_comes_last() {
        let literal = |value: Value| Type::Literal(vec![value]);
        let inner = Type::union([Type::Null, Type::Boolean]);
        let union = Type::union([inner, literal(json!("a")), Type::Nothing, literal(json!("b")), Type::Boolean]);
        let members = vec![Type::Boolean, Type::Literal(vec![json!("a"), json!("b")]), Type::Null];
        assert_eq!(union, Type::Union(Union { members, discriminator: None }));
        assert_eq!(Type::union([union, Type::Json]), Type::Json);
        assert_eq!(Type::union([Type::Null, Type::Null]), Type::Null);
        assert_eq!(Type::union([]), Type::Nothing);
    }
}
