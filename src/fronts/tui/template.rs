//! URI templates (RFC 6570) of resources: their variables, and what they come to. Values are single texts;
//! prefix lengths (`{name:3}`) and lists (`{name*}`) are read as the whole text.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The names of the variables of a template, each once, in its order.
pub(super) fn variables(template: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for piece in pieces(template) {
        let Piece::Expression(_, list) = piece else { continue };
        for name in list {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// The template with its variables filled in. One that was left out is left out of the URI, as the standard says.
pub(super) fn expand(template: &str, given: &Map<String, Value>) -> String {
    let mut uri = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => uri.push_str(text),
            Piece::Expression(operator, names) => {
                let (first, separator, named, reserved) = style(operator);
                let values = names.into_iter().filter_map(|name| Some((name, given.get(name)?.as_str()?)));
                for (at, (name, value)) in values.enumerate() {
                    uri.push_str(if at == 0 { first } else { separator });
                    if named {
                        uri.push_str(name);
                        uri.push_str(if value.is_empty() && operator == Some(';') { "" } else { "=" });
                    }
                    uri.push_str(&encoded(value, reserved));
                }
            }
        }
    }
    uri
}

enum Piece<'a> {
    Text(&'a str),
    Expression(Option<char>, Vec<&'a str>),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((expression, behind)) = after.split_once('}') else { break };
        pieces.push(Piece::Text(before));
        let operator = expression.chars().next().filter(|sign| "+#./;?&".contains(*sign));
        let list = &expression[operator.map_or(0, char::len_utf8)..];
        let plain = |name: &'_ str| name.split(':').next().unwrap_or_default().trim_end_matches('*').len();
        pieces.push(Piece::Expression(
            operator,
            list.split(',').map(|name| &name[..plain(name)]).filter(|name| !name.is_empty()).collect(),
        ));
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// What stands before the first value and between values, whether names are written, whether reserved signs stay.
fn style(operator: Option<char>) -> (&'static str, &'static str, bool, bool) {
    match operator {
        Some('+') => ("", ",", false, true),
        Some('#') => ("#", ",", false, true),
        Some('.') => (".", ".", false, false),
        Some('/') => ("/", "/", false, false),
        Some(';') => (";", ";", true, false),
        Some('?') => ("?", "&", true, false),
        Some('&') => ("&", "&", true, false),
        Some(_) | None => ("", ",", false, false),
    }
}

fn encoded(value: &str, reserved: bool) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain || reserved && b":/?#[]@!$&'()*+,;=%".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_examples_of_the_standard_come_out() {
        let given = json!({"var": "value", "hello": "Hello World!", "path": "/foo/bar", "x": "1024", "y": "768", "empty": ""});
        let given = given.as_object().unwrap();
        for (template, uri) in [
            ("{var}", "value"),
            ("{hello}", "Hello%20World%21"),
            ("{+hello}", "Hello%20World!"),
            ("{+path}/here", "/foo/bar/here"),
            ("X{#var}", "X#value"),
            ("map?{x,y}", "map?1024,768"),
            ("X{.var}", "X.value"),
            ("{/var,x}/here", "/value/1024/here"),
            ("{;x,y,empty}", ";x=1024;y=768;empty"),
            ("{?x,y}", "?x=1024&y=768"),
            ("?fixed=yes{&x}", "?fixed=yes&x=1024"),
            ("O{undef}X", "OX"),
            ("O{?undef,y}X", "O?y=768X"),
            ("{list*}{var:9}", "value"),
            ("open{", "open{"),
        ] {
            assert_eq!(expand(template, given), uri, "{template}");
        }
        assert_eq!(variables("a://{x}/{y}{?x,z*}"), ["x", "y", "z"]);
    }
}
