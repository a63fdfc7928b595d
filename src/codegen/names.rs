//! Wire names as Python identifiers: deterministic, readable, reversible through the map they are kept in.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::reserved::{BUILTINS, KEYWORDS, MODEL_ATTRIBUTES, OTHER_MODULES, OWN};
use crate::python::normal_identifier;
use crate::types::limits::IDENTIFIER_CHARS;

/// What a name is for: it decides which words are taken and what stands before a digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A folder below `servers`.
    Package,
    /// A function and the module of the same name.
    Function,
    /// A field of a model and the keyword argument of the same name.
    Field,
}

impl Role {
    fn prefix(self) -> &'static str {
        match self {
            Self::Package => "server",
            Self::Function => "tool",
            Self::Field => "field",
        }
    }

    fn reserves(self, name: &str) -> bool {
        KEYWORDS.hold(name)
            || match self {
                Self::Package => false,
                Self::Function => OWN.hold(name) || BUILTINS.hold(name) || OTHER_MODULES.hold(name),
                Self::Field => OWN.hold(name) || MODEL_ATTRIBUTES.hold(name),
            }
    }

    /// What two names of this role must not have in common. Files may live where case does not count.
    fn identity(self, name: &str) -> String {
        match self {
            Self::Package | Self::Function => name.to_lowercase(),
            Self::Field => name.to_owned(),
        }
    }
}

/// The identifier of every wire name, and the wire names that share one before suffixes tell them apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct NameMap<'a> {
    /// Identifier by wire name.
    pub(super) names: BTreeMap<&'a str, String>,
    /// Wire names that got a number because their identifier was taken.
    pub(super) collided: Vec<&'a str>,
}

impl<'a> NameMap<'a> {
    /// Maps all names at once. A name that is its own identifier keeps it, one in small letters first; the others follow in the order of their
    /// wire names and are numbered where they collide, so that the order of a listing does not matter.
    pub(super) fn new(role: Role, wire_names: impl IntoIterator<Item = &'a str>) -> Self {
        let wire_names: BTreeSet<&str> = wire_names.into_iter().collect();
        let (mut kept, changed): (Vec<_>, Vec<_>) =
            wire_names.into_iter().map(|wire| (wire, identifier(role, wire))).partition(|(wire, name)| wire == name);
        // `get_user` keeps its name beside `Get_User`.
        kept.sort_by_key(|(wire, _)| *wire != role.identity(wire));
        let mut taken = HashSet::new();
        let mut map = Self::default();
        for (wire, wanted) in kept.into_iter().chain(changed) {
            let name = numbered(&wanted, "_", |name| !role.reserves(name) && taken.insert(role.identity(name)));
            if name != wanted {
                map.collided.push(wire);
            }
            map.names.insert(wire, name);
        }
        map
    }

    /// The identifier of a wire name that was given to [`NameMap::new`].
    pub(super) fn get(&self, wire: &str) -> &str {
        self.names.get(wire).map_or("", String::as_str)
    }
}

/// Class names of one module or package, each given once.
#[derive(Debug, Clone, Default)]
pub(super) struct ClassNames {
    taken: HashSet<String>,
}

impl ClassNames {
    /// Class names that are none of `identifiers`, which stand in the same module.
    pub(super) fn avoiding(identifiers: impl IntoIterator<Item = String>) -> Self {
        Self { taken: identifiers.into_iter().collect() }
    }

    /// A class name from the words of `text`, numbered where it is taken.
    pub(super) fn take(&mut self, text: &str) -> String {
        let wanted = class_name(text);
        numbered(&wanted, "", |name| !OWN.hold(name) && !KEYWORDS.hold(name) && self.taken.insert(name.to_owned()))
    }

    /// Makes a name free again.
    pub(super) fn release(&mut self, name: &str) {
        self.taken.remove(name);
    }
}

/// `wanted`, or with the first number from 2 that `accept`s it.
fn numbered(wanted: &str, separator: &str, mut accept: impl FnMut(&str) -> bool) -> String {
    if accept(wanted) {
        return wanted.to_owned();
    }
    let mut number = 2_u32;
    loop {
        let name = format!("{wanted}{separator}{number}");
        if accept(&name) {
            return name;
        }
        number += 1;
    }
}

/// The field that a key becomes, where it could be taken for a class.
pub(super) fn field_like_a_class(key: &str) -> Option<String> {
    let word = key.trim_start_matches(|c: char| !c.is_alphanumeric());
    word.starts_with(|c: char| !c.is_ascii_lowercase()).then(|| identifier(Role::Field, key))
}

/// The identifier nearest to a wire name.
fn identifier(role: Role, wire: &str) -> String {
    let mut name = String::new();
    for c in wire.chars() {
        if c == '_' || c.is_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let keeps_end = name == wire && !name.starts_with('_');
    let mut name = if keeps_end { name } else { name.trim_matches('_').to_owned() };
    if !name.is_ascii() {
        name = normal_identifier(&name).filter(|name| !name.starts_with('_')).unwrap_or_else(|| spelled_in_ascii(&name));
    }
    shorten(&mut name);
    if name.is_empty() {
        role.prefix().clone_into(&mut name);
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, &format!("{}_", role.prefix()));
    }
    if role.reserves(&name) {
        name.push('_');
    }
    name
}

/// Letters that Python does not take in a name, by their numbers.
fn spelled_in_ascii(name: &str) -> String {
    let spelled: String =
        name.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("u{:x}_", u32::from(c)) }).collect();
    spelled.trim_matches('_').to_owned()
}

fn shorten(name: &mut String) {
    if let Some((end, _)) = name.char_indices().nth(IDENTIFIER_CHARS) {
        name.truncate(end);
        let kept = name.trim_end_matches('_').len();
        name.truncate(kept);
    }
}

/// `get-user_info` -> `GetUserInfo`.
fn class_name(text: &str) -> String {
    let mut name = String::new();
    let mut start = true;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            start = true;
        } else if start {
            name.extend(c.to_uppercase());
            start = false;
        } else {
            name.push(c);
        }
    }
    if !name.is_ascii() {
        name = normal_identifier(&name).unwrap_or_else(|| spelled_in_ascii(&name));
    }
    shorten(&mut name);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "Model");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_identifiers() {
        let table = [
            (Role::Field, "repo_path", "repo_path"),
            (Role::Field, "maxCount", "maxCount"),
            (Role::Field, "Notion-Version", "Notion_Version"),
            (Role::Field, "from", "from_"),
            (Role::Field, "id", "id"),
            (Role::Field, "list", "list_"),
            (Role::Field, "schema", "schema_"),
            (Role::Field, "model_config", "model_config_"),
            (Role::Field, "model_id", "model_id"),
            (Role::Field, "mro", "mro_"),
            (Role::Field, "__class__", "class_"),
            (Role::Field, "_meta", "meta"),
            (Role::Field, "trailing_", "trailing_"),
            (Role::Field, "3d", "field_3d"),
            (Role::Field, "", "field"),
            (Role::Field, "+1", "field_1"),
            (Role::Field, "a.b c/d", "a_b_c_d"),
            (Role::Field, "größe", "größe"),
            (Role::Field, "城市", "城市"),
            (Role::Field, "ﬁle", "file"),
            (Role::Field, "a²", "aub2"),
            (Role::Field, "🦀", "field"),
            (Role::Field, "self", "self"),
            (Role::Function, "print", "print_"),
            (Role::Function, "sync", "sync_"),
            (Role::Function, "tools/list.all", "tools_list_all"),
            (Role::Function, "123", "tool_123"),
            (Role::Package, "my server", "my_server"),
            (Role::Package, "2captcha", "server_2captcha"),
        ];
        for (role, wire, name) in table {
            assert_eq!(identifier(role, wire), name, "{wire:?}");
        }
        assert_eq!(identifier(Role::Field, &"x".repeat(500)).len(), IDENTIFIER_CHARS);
    }

    #[test]
    fn collisions_are_numbered_whatever_the_order() {
        let wires = ["a-b", "a_b", "a.b", "from", "from_"];
        let map = NameMap::new(Role::Field, wires);
        assert_eq!(map, NameMap::new(Role::Field, wires.into_iter().rev()));
        let expected = [("a-b", "a_b_2"), ("a.b", "a_b_3"), ("a_b", "a_b"), ("from", "from__2"), ("from_", "from_")];
        assert_eq!(map.names.iter().map(|(wire, name)| (*wire, name.as_str())).collect::<Vec<_>>(), expected);
        assert_eq!(map.collided, ["a-b", "a.b", "from"]);
    }

    #[test]
    fn files_do_not_differ_by_case_alone() {
        let map = NameMap::new(Role::Function, ["get", "Get", "GET"]);
        assert_eq!(map.names.into_values().collect::<Vec<_>>(), ["GET_2", "Get_3", "get"]);
        assert_eq!(NameMap::new(Role::Field, ["x", "X"]).collided, Vec::<&str>::new());
    }

    #[test]
    fn class_names_are_given_once() {
        let mut names = ClassNames::avoiding(["Filter".to_owned()]);
        let taken = ["filter", "get-user_info", "get user info", "json", "3d", "", "ünï"].map(|text| names.take(text));
        assert_eq!(taken, ["Filter2", "GetUserInfo", "GetUserInfo2", "Json2", "Model3d", "Model", "Ünï"]);
    }
}
