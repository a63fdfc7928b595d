//! Whatever a server sends: no panic, no hang, no text outside its literal.

use mcp_studio::codegen::{Recipe, generate, wrapper};
use mcp_studio::python::check;
use mcp_studio::types::{ServerName, ToolSpec};
use proptest::prelude::*;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;
use serde_json::{Value, json};

/// Keys that mean something, so that random schemas reach every branch of the reader.
const KEYWORDS: &[&str] = &[
    "$anchor",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "definitions",
    "description",
    "enum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "required",
    "then",
    "title",
    "type",
    "unevaluatedProperties",
    "x",
];

fn key() -> impl Strategy<Value = String> {
    prop_oneof![6 => proptest::sample::select(KEYWORDS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn word() -> impl Strategy<Value = String> {
    const WORDS: &[&str] =
        &["object", "array", "string", "integer", "number", "null", "any", "#", "#/$defs/x", "#/properties/x", "^a+$", "("];
    prop_oneof![4 => proptest::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn arbitrary_json() -> impl Strategy<Value = Value> {
    let numbers = prop_oneof![any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from)];
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), numbers, word().prop_map(Value::from)];
    leaf.prop_recursive(6, 80, 6, |inner| {
        let object = proptest::collection::vec((key(), inner.clone()), 0..6);
        let array = proptest::collection::vec(inner, 0..5);
        prop_oneof![3 => object.prop_map(|entries| entries.into_iter().collect()), 1 => array.prop_map(Value::from)]
    })
}

fn tool(raw: Value) -> ToolSpec {
    ToolSpec::from_wire(&ServerName::new("s").unwrap(), raw).unwrap()
}

fn module(tool: &ToolSpec) -> String {
    wrapper(&Recipe::new("s", &tool.id.server, [tool]), &tool.id).unwrap().source
}

/// Names, keywords and numbers of a module: everything that is neither a text nor a sign.
fn words_of(source: &str) -> Vec<String> {
    let parsed = parse_module(source).unwrap();
    let is_word = |kind: TokenKind| kind == TokenKind::Name || kind.is_keyword() || kind == TokenKind::Int;
    let words = parsed.tokens().iter().filter(|token| is_word(token.kind()));
    words.map(|token| source[token.start().to_usize()..token.end().to_usize()].to_owned()).collect()
}

/// A tool with `text` in every place that makes no name.
fn with_text(text: &str) -> ToolSpec {
    let value = json!({"type": "string", "title": text, "description": text, "default": text, "format": text, "pattern": format!("(?!{text}")});
    let chosen = json!({"enum": [text, [text]], "description": text, "$comment": text, "examples": [text]});
    let nested = json!({"type": "object", "description": text, "properties": {"inner": value, "chosen": chosen}});
    tool(json!({
        "name": "tool", "title": text, "description": text, "annotations": {"title": text},
        "inputSchema": {"type": "object", "properties": {"value": value, "chosen": chosen, "nested": nested}},
        "outputSchema": {"type": "object", "description": text, "properties": {"value": value, "chosen": chosen}},
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_makes_python(input in arbitrary_json(), output in arbitrary_json(), names in proptest::collection::vec(any::<String>(), 1..5)) {
        let server = ServerName::new("s").unwrap();
        let tools: Vec<ToolSpec> = names.iter().filter(|name| !name.is_empty())
            .map(|name| tool(json!({"name": name, "inputSchema": input, "outputSchema": output}))).collect();
        let package = generate(&Recipe::new("s", &server, &tools));
        for (file, source) in package.files.iter().filter(|(file, _)| std::path::Path::new(file).extension().is_some_and(|ending| ending == "py")) {
            prop_assert_eq!(check(source), Ok(()), "{}", file);
        }
        for (id, function) in &package.functions {
            let file = format!("{function}.py");
            prop_assert!(package.files.contains_key(&file), "{} has no module", id);
        }
    }

    #[test]
    fn no_text_leaves_its_literal(text in prop_oneof![any::<String>(), "[\"'\\\\\n\r\u{2028}\0{}#x]{1,12}"]) {
        let hostile = module(&with_text(&text));
        prop_assert_eq!(words_of(&hostile), words_of(&module(&with_text("plain"))), "{}", hostile);
    }

    #[test]
    fn no_name_leaves_its_literal(name in "\\PC{1,20}|[\"'\\\\\n\0{}#x]{1,12}") {
        let schema = json!({"type": "object", "properties": {name.clone(): {"type": "string"}}, "required": [name.clone()]});
        let made = tool(json!({"name": name, "inputSchema": schema}));
        let source = module(&made);
        let parsed = parse_module(&source).unwrap();
        let mut texts = Texts::default();
        ruff_python_ast::visitor::Visitor::visit_body(&mut texts, parsed.suite());
        prop_assert!(texts.0.contains(&name), "{}", source);
        prop_assert!(texts.0.contains(&made.id.to_string()), "{}", source);
    }
}

/// The values of all text literals.
#[derive(Default)]
struct Texts(Vec<String>);

impl<'a> ruff_python_ast::visitor::Visitor<'a> for Texts {
    fn visit_expr(&mut self, expression: &'a ruff_python_ast::Expr) {
        if let ruff_python_ast::Expr::StringLiteral(literal) = expression {
            self.0.push(literal.value.to_str().to_owned());
        }
        ruff_python_ast::visitor::walk_expr(self, expression);
    }
}

#[test]
fn bombs_are_bounded() {
    let mut deep = json!({"type": "string"});
    for _ in 0..60 {
        deep = json!({"type": "object", "properties": {"x": {"type": "array", "items": deep}}, "required": ["x"]});
    }
    let wide: serde_json::Map<String, Value> = (0..3_000).map(|index| (format!("p{index}"), json!({"type": "string"}))).collect();
    let doubling: serde_json::Map<String, Value> = (0..40)
        .map(|index| {
            let next = json!({"$ref": format!("#/$defs/d{}", index + 1)});
            (format!("d{index}"), json!({"anyOf": [{"type": "array", "prefixItems": [next, next]}, {"allOf": [next, next]}]}))
        })
        .collect();
    let bombs = [
        json!({"properties": {"deep": deep}}),
        json!({"properties": wide}),
        json!({"properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": doubling}),
        json!({"properties": {"x": {"allOf": vec![json!({"anyOf": vec![json!({"type": "string"}); 50]}); 50]}}}),
        json!({"properties": {"x": {"enum": (0..100_000).collect::<Vec<u32>>()}}}),
        json!({"$ref": "#", "properties": {"x": {"$ref": "#/properties/x"}}}),
        json!({"properties": {"x": {"pattern": "(a{1,999}){1,999}".repeat(20)}}}),
        json!({"description": "word ".repeat(1_000_000)}),
    ];
    for bomb in bombs {
        let made = tool(json!({"name": "bomb", "description": "x".repeat(1_000_000), "inputSchema": bomb}));
        let source = module(&made);
        assert_eq!(check(&source), Ok(()));
        assert!(source.len() < 1_000_000, "{}", source.len());
    }
}
