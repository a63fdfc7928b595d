//! What values looked like, as a lattice: joining two shapes allows all that either allowed, and never less.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::types::limits::{
    DISCOVERY_FIELDS, DISCOVERY_LITERAL_CHARS, DISCOVERY_LITERALS, DISCOVERY_LITERALS_SEEN, DISCOVERY_MAP_KEYS,
};

/// Everything that was seen in one place of a reply. The default has seen nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shape {
    /// The plain values seen.
    #[serde(skip_serializing_if = "Plain::is_none")]
    plain: Plain,
    /// All texts seen, where they were asked for and are few; none where any text may stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<Texts>,
    /// The elements of all lists seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Box<Shape>>,
    /// The fields of all objects seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Object>,
}

/// Whether texts that come again and again are taken for all that may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literals {
    /// Any text may stand where one stood.
    Never,
    /// Few short texts, each seen twice on average, are a closed set.
    OfFew,
}

/// The texts seen in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Texts {
    /// How often any was seen.
    seen: u64,
    /// Each once; at most [`DISCOVERY_LITERALS`].
    values: BTreeSet<String>,
}

impl Texts {
    fn of(text: &str) -> Option<Self> {
        let short = text.chars().count() <= DISCOVERY_LITERAL_CHARS;
        short.then(|| Self { seen: 1, values: BTreeSet::from([text.to_owned()]) })
    }

    fn joined(mut self, other: Self) -> Option<Self> {
        self.seen = self.seen.saturating_add(other.seen);
        self.values.extend(other.values);
        (self.values.len() <= DISCOVERY_LITERALS).then_some(self)
    }

    /// Whether they came often enough to be all there are.
    fn are_closed(&self) -> bool {
        self.seen >= 2 * self.values.len() as u64 && self.seen >= DISCOVERY_LITERALS_SEEN
    }
}

/// Which plain values were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Plain(u8);

impl Plain {
    const NULL: Self = Self(1);
    const BOOLEAN: Self = Self(2);
    const INTEGER: Self = Self(4);
    const NUMBER: Self = Self(8);
    const STRING: Self = Self(16);
    /// Each with its word in JSON Schema.
    const WORDS: [(Self, &str); 5] = [
        (Self::STRING, "string"),
        (Self::NUMBER, "number"),
        (Self::INTEGER, "integer"),
        (Self::BOOLEAN, "boolean"),
        (Self::NULL, "null"),
    ];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_none(&self) -> bool {
        self.0 == 0
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn without_null(self) -> Self {
        Self(self.0 & !Self::NULL.0)
    }
}

/// What is known of the objects in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Object {
    /// Each key means something of its own.
    Fields(BTreeMap<String, Shape>),
    /// Keys are data; all values are joined.
    Map(Box<Shape>),
}

impl Shape {
    /// The shape of one value. Dates stay texts.
    pub fn of(value: &Value, literals: Literals) -> Self {
        let plain = |plain| Self { plain, ..Self::default() };
        match value {
            Value::Null => plain(Plain::NULL),
            Value::Bool(_) => plain(Plain::BOOLEAN),
            Value::Number(number) if number.as_str().contains(['.', 'e', 'E']) => plain(Plain::NUMBER),
            Value::Number(_) => plain(Plain::INTEGER),
            Value::String(text) => {
                let texts = if literals == Literals::OfFew { Texts::of(text) } else { None };
                Self { texts, ..plain(Plain::STRING) }
            }
            Value::Array(items) => {
                let elements = items.iter().map(|item| Self::of(item, literals)).fold(Self::default(), Self::joined);
                Self { list: Some(Box::new(elements)), ..Self::default() }
            }
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (key.clone(), Self::of(value, literals))).collect();
                Self { object: Some(Object::Fields(fields)), ..Self::default() }
            }
        }
    }

    /// All that either allows.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let texts = match (self.plain.has(Plain::STRING), other.plain.has(Plain::STRING)) {
            (true, true) => self.texts.zip(other.texts).and_then(|(left, right)| left.joined(right)),
            (true, false) => self.texts,
            (false, _) => other.texts,
        };
        Self {
            plain: Plain(self.plain.0 | other.plain.0),
            texts,
            list: join(self.list, other.list, |left, right| Box::new(left.joined(*right))),
            object: join(self.object, other.object, Object::joined),
        }
    }

    /// The same with objects of many like values taken for maps, at any depth. What is a map stays one.
    #[must_use]
    pub fn with_maps(self) -> Self {
        Self {
            plain: self.plain,
            texts: self.texts,
            list: self.list.map(|inner| Box::new(inner.with_maps())),
            object: self.object.map(Object::with_maps),
        }
    }

    /// A JSON Schema that every value seen passes. No field is required: the next reply may lack it. Where only null was
    /// seen any value passes: null does not say what else may stand there.
    pub fn schema(&self) -> Value {
        if self.kinds() == Self::default().kinds() {
            return json!({});
        }
        let mut alternatives: Vec<Value> = Plain::WORDS
            .iter()
            .filter(|(plain, _)| self.plain.has(*plain) && !(*plain == Plain::INTEGER && self.plain.has(Plain::NUMBER)))
            .map(|(plain, word)| match &self.texts {
                Some(texts) if *plain == Plain::STRING && texts.are_closed() => json!({ "enum": texts.values }),
                Some(_) | None => json!({ "type": word }),
            })
            .collect();
        alternatives.extend(self.list.as_ref().map(|inner| json!({"type": "array", "items": inner.schema()})));
        alternatives.extend(self.object.as_ref().map(Object::schema));
        match alternatives.len() {
            0 => json!({}),
            1 => alternatives.swap_remove(0),
            _ => json!({ "anyOf": alternatives }),
        }
    }

    /// Which kinds of values were seen; null says nothing about a kind.
    fn kinds(&self) -> (Plain, bool, bool) {
        (self.plain.without_null(), self.list.is_some(), self.object.is_some())
    }
}

impl Object {
    fn joined(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fields(mut fields), Self::Fields(more)) => {
                for (key, shape) in more {
                    let known = fields.remove(&key).unwrap_or_default();
                    fields.insert(key, known.joined(shape));
                }
                Self::Fields(fields)
            }
            (left, right) => Self::Map(Box::new(left.values().joined(right.values()))),
        }
    }

    /// All values as one.
    fn values(self) -> Shape {
        match self {
            Self::Fields(fields) => fields.into_values().fold(Shape::default(), Shape::joined),
            Self::Map(values) => *values,
        }
    }

    fn with_maps(self) -> Self {
        match self {
            Self::Fields(fields) if is_map(&fields) => Self::Map(Box::new(Self::Fields(fields).values().with_maps())),
            Self::Fields(fields) => Self::Fields(fields.into_iter().map(|(key, shape)| (key, shape.with_maps())).collect()),
            Self::Map(values) => Self::Map(Box::new(values.with_maps())),
        }
    }

    fn schema(&self) -> Value {
        match self {
            Self::Fields(fields) => {
                let properties: Map<String, Value> = fields.iter().map(|(key, shape)| (key.clone(), shape.schema())).collect();
                json!({"type": "object", "properties": properties})
            }
            Self::Map(values) => json!({"type": "object", "additionalProperties": values.schema()}),
        }
    }
}

/// Many keys whose values are of one kind, and that no programmer would have chosen: ids, paths, dates. A wide record of
/// texts stays a record. More keys than [`DISCOVERY_FIELDS`] are a map in any case.
fn is_map(fields: &BTreeMap<String, Shape>) -> bool {
    let mut kinds = fields.values().map(Shape::kinds).filter(|kinds| *kinds != Shape::default().kinds());
    let first = kinds.next();
    let alike = kinds.all(|kinds| Some(kinds) == first);
    let is_word = |key: &String| key.chars().all(|c| c.is_alphabetic() || c == '_');
    let is_data = || fields.keys().filter(|key| !is_word(key)).count() * 2 > fields.len();
    let nested = first.is_some_and(|(_, list, object)| list || object);
    fields.len() > DISCOVERY_FIELDS || (fields.len() >= DISCOVERY_MAP_KEYS && alike && (nested || is_data()))
}

fn join<T>(left: Option<T>, right: Option<T>, both: impl FnOnce(T, T) -> T) -> Option<T> {
    match (left, right) {
        (Some(left), Some(right)) => Some(both(left, right)),
        (left, right) => left.or(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(value: &Value) -> Shape {
        Shape::of(value, Literals::Never)
    }

    fn of_all(samples: &[Value]) -> Shape {
        samples.iter().map(shape).fold(Shape::default(), Shape::joined)
    }

    #[test]
    fn kinds_are_told_apart_and_joined() {
        for (samples, schema) in [
            (vec![], json!({})),
            (vec![json!(1)], json!({"type": "integer"})),
            (vec![json!(1), json!(1.5)], json!({"type": "number"})),
            (vec![json!("2026-01-02T03:04:05Z")], json!({"type": "string"})),
            (vec![json!(true), json!(null)], json!({"anyOf": [{"type": "boolean"}, {"type": "null"}]})),
            (vec![json!([])], json!({"type": "array", "items": {}})),
            (
                vec![json!([1, "a"]), json!([{"b": null}])],
                json!({"type": "array", "items": {"anyOf": [
                    {"type": "string"}, {"type": "integer"}, {"type": "object", "properties": {"b": {}}}]}}),
            ),
            (
                vec![json!([{"a": 1}, {"a": null, "b": {"c": []}}, {"b": {"d": "x"}}])],
                json!({"type": "array", "items": {"type": "object", "properties": {
                    "a": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    "b": {"type": "object", "properties": {"c": {"type": "array", "items": {}}, "d": {"type": "string"}}}}}}),
            ),
        ] {
            assert_eq!(of_all(&samples).with_maps().schema(), schema, "{samples:?}");
        }
    }

    #[test]
    fn many_like_values_under_keys_that_are_data_are_a_map() {
        let ids: Value = (0..DISCOVERY_MAP_KEYS).map(|n| (format!("id-{n}"), json!({"n": n}))).collect();
        let map = shape(&ids).with_maps();
        let values = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        assert_eq!(map.schema(), json!({"type": "object", "additionalProperties": values}));
        let widened = map.joined(shape(&json!({"other": {"n": null}}))).with_maps();
        let nullable = json!({"anyOf": [{"type": "integer"}, {"type": "null"}]});
        assert_eq!(widened.schema()["additionalProperties"]["properties"]["n"], nullable);

        let word = |n: usize| "abcdefghijklmnopqrstuvwxyz"[..=n].to_owned();
        let record: Value = (0..DISCOVERY_MAP_KEYS).map(|n| (word(n), json!("text"))).collect();
        assert_eq!(shape(&record).with_maps(), shape(&record), "a wide record is no map");
        let few: Value = (1..DISCOVERY_MAP_KEYS).map(|n| (format!("id-{n}"), json!({"n": n}))).collect();
        assert_eq!(shape(&few).with_maps(), shape(&few));
    }

    #[test]
    fn few_texts_that_come_again_are_literals_where_that_is_asked_for() {
        let states = |states: &[&str]| Shape::of(&json!(states), Literals::OfFew);
        let items = |shape: &Shape| shape.schema()["items"].clone();
        let closed = states(&["open", "done", "open", "done"]);
        assert_eq!(items(&closed), json!({"enum": ["done", "open"]}));
        assert_eq!(items(&states(&["open", "open", "open"])), json!({"type": "string"}), "too few to say");
        assert_eq!(items(&states(&["a", "b", "c", "d"])), json!({"type": "string"}), "names");
        let wider = closed.clone().joined(states(&["new"]));
        assert_eq!(items(&wider), json!({"type": "string"}), "three texts in five");
        assert_eq!(items(&wider.joined(states(&["new"]))), json!({"enum": ["done", "new", "open"]}));
        let mixed = closed.clone().joined(shape(&json!([null, 1])));
        assert_eq!(items(&mixed), json!({"anyOf": [{"enum": ["done", "open"]}, {"type": "integer"}, {"type": "null"}]}));
        let open = closed.clone().joined(shape(&json!(["x"]))).joined(closed.clone());
        assert_eq!(items(&open), json!({"type": "string"}), "never narrower again");
        let many: Vec<String> = (0..=DISCOVERY_LITERALS).map(|n| n.to_string()).collect();
        let many = Shape::of(&json!([many, many]), Literals::OfFew);
        assert_eq!(many.schema()["items"]["items"], json!({"type": "string"}));
        let text = serde_json::to_string(&closed).unwrap();
        assert_eq!(serde_json::from_str::<Shape>(&text).unwrap(), closed);
    }

    #[test]
    fn a_shape_survives_its_file() {
        let shape = of_all(&[json!({"a": [1, null, {"b": true}]}), json!("text")]);
        let text = serde_json::to_string(&shape).unwrap();
        assert_eq!(serde_json::from_str::<Shape>(&text).unwrap(), shape);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i8>().prop_map(Value::from),
            Just(json!(1.5)),
            Just(json!("t"))
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn joining_is_a_join(a in values(), b in values(), c in values()) {
            let [a, b, c] = [a, b, c].map(|value| shape(&value));
            prop_assert_eq!(a.clone().joined(a.clone()), a.clone());
            prop_assert_eq!(a.clone().joined(b.clone()), b.clone().joined(a.clone()));
            prop_assert_eq!(a.clone().joined(b.clone()).joined(c.clone()), a.joined(b.joined(c)));
        }
    }
}
