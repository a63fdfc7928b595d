//! Tables of names, shapes of Azure DevOps, and what holds for any value.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::types::PrefixMap;

fn prefixes(pairs: &[(&str, &str)]) -> Normalization {
    let pairs = pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
    Normalization::Prefixes(PrefixMap::new(pairs).unwrap())
}

fn strategies() -> Vec<Normalization> {
    let own = prefixes(&[("system.", "System."), ("a", "b"), ("A_", "x.")]);
    let words = Normalization::WORDS.into_iter().filter_map(Normalization::of_word);
    words.chain([own]).collect()
}

#[test]
fn names_are_written_in_snake_and_camel_case() {
    for (name, snake, camel) in [
        ("workItemType", "work_item_type", "workItemType"),
        ("work_item_type", "work_item_type", "workItemType"),
        ("HTTPServer", "http_server", "httpServer"),
        ("ID", "id", "id"),
        ("userID2Name", "user_id2_name", "userID2Name"),
        ("Content-Type", "content_type", "contentType"),
        ("_links", "_links", "_links"),
        ("__Typename", "__typename", "__typename"),
        ("$ref", "$ref", "$ref"),
        ("System.WorkItemType", "system.work_item_type", "system.workItemType"),
        ("v1_2", "v1_2", "v1_2"),
        ("a__b", "a__b", "aB"),
        ("trailing_", "trailing_", "trailing_"),
        ("überSicht", "über_sicht", "überSicht"),
        ("", "", ""),
    ] {
        assert_eq!((words::snake_case(name).as_str(), words::camel_case(name).as_str()), (snake, camel), "{name}");
    }
}

#[test]
fn fields_of_a_work_item_get_the_names_azure_devops_documents() {
    let item = |[title, state, priority, team, column, assigned, locked]: [&str; 7]| {
        json!({
            "id": 297, "rev": 4,
            "fields": {
                (title): "system.Title stays in values", (state): "Active", (priority): 2, (team): null,
                (column): "Doing", "systemic": 1.5,
                (assigned): {"displayName": "Robin", "_links": {"avatar": {"href": "https://example.org/a"}}},
            },
            "relations": [{"rel": "System.LinkTypes.Related", "attributes": {(locked): false}}],
        })
    };
    let before = item([
        "system.Title",
        "System.State",
        "microsoft.VSTS.Common.Priority",
        "custom.Team",
        "wef_0F_Kanban.Column",
        "system.AssignedTo",
        "system.IsLocked",
    ]);
    let expected = item([
        "System.Title",
        "System.State",
        "Microsoft.VSTS.Common.Priority",
        "Custom.Team",
        "WEF_0F_Kanban.Column",
        "System.AssignedTo",
        "System.IsLocked",
    ]);
    let normalized = apply(&Normalization::AdoPascalCase, &before);
    assert_eq!(normalized, Normalized { value: expected, collisions: vec![] });
    let keys: Vec<&String> = normalized.value["fields"].as_object().unwrap().keys().collect();
    assert_eq!((keys[0], keys[6]), (&"System.Title".to_owned(), &"System.AssignedTo".to_owned()), "the order stays");
}

#[test]
fn lists_revisions_and_queries_of_azure_devops_keep_their_values() {
    let change = json!({"system.State": {"oldValue": "New", "newValue": "system.Active"}, "wef_1_System.ExtensionMarker": {}});
    let changed = json!({"System.State": {"oldValue": "New", "newValue": "system.Active"}, "WEF_1_System.ExtensionMarker": {}});
    for (sent, seen) in [
        (
            json!({"count": 1, "value": [{"fields": change, "id": 7}]}),
            json!({"count": 1, "value": [{"fields": changed, "id": 7}]}),
        ),
        (
            json!({"queryType": "flat", "columns": [{"referenceName": "system.Id"}], "workItems": [{"microsoft.x": [null, 1.50]}]}),
            json!({"queryType": "flat", "columns": [{"referenceName": "system.Id"}], "workItems": [{"Microsoft.x": [null, 1.50]}]}),
        ),
        (json!({"system": {}, "wef": 1, "customer.x": 2}), json!({"system": {}, "wef": 1, "customer.x": 2})),
    ] {
        let normalized = apply(&Normalization::AdoPascalCase, &sent);
        assert_eq!(normalized, Normalized { value: seen, collisions: vec![] });
        assert_eq!(restored(&Normalization::AdoPascalCase, &json!({}), &normalized.value).value, sent);
    }
}

#[test]
fn the_longest_prefix_of_a_person_counts() {
    let strategy = prefixes(&[("x.", "Short."), ("x.long.", "Long.")]);
    let normalized = apply(&strategy, &json!([{"x.a": 1, "x.long.b": 2, "y": 3}]));
    assert_eq!(normalized.value, json!([{"Short.a": 1, "Long.b": 2, "y": 3}]));
}

#[test]
fn colliding_fields_keep_their_names_and_are_told() {
    let normalized = apply(&Normalization::SnakeCase, &json!({"workItem": 1, "work_item": 2, "Work-Item": 3, "aB": 4, "a-B": 5}));
    assert_eq!(normalized.value, json!({"workItem": 1, "work_item": 2, "Work-Item": 3, "a_b": 4, "a-B": 5}));
    let told = |key: &str, name: &str| format!("the field \"{key}\" keeps its name: there is another \"{name}\" beside it");
    assert_eq!(normalized.collisions, [told("workItem", "work_item"), told("Work-Item", "work_item"), told("a-B", "a_b")]);
}

#[test]
fn many_collisions_are_counted() {
    let items: Vec<Value> = (0..NORMALIZE_COLLISIONS_TOLD + 3).map(|n| json!({"aB": n, "a_b": n})).collect();
    let collisions = apply(&Normalization::SnakeCase, &Value::Array(items)).collisions;
    assert_eq!(collisions.len(), NORMALIZE_COLLISIONS_TOLD + 1);
    assert_eq!(collisions.last().map(String::as_str), Some("3 more fields keep their names"));
}

#[test]
fn names_of_arguments_are_changed_back_where_they_can_be_told() {
    let schema =
        json!({"properties": {"workItemType": {}, "fields": {"type": "object"}, "paths": {"items": {"properties": {"aB": {}}}}}});
    let back = |strategy: &Normalization, given: Value| restored(strategy, &schema, &given);
    let given = json!({"work_item_type": "work_item_type", "fields": {"own_name": 1}, "paths": [{"a_b": 2}]});
    let sent = json!({"workItemType": "work_item_type", "fields": {"own_name": 1}, "paths": [{"aB": 2}]});
    assert_eq!(back(&Normalization::SnakeCase, given).value, sent);
    let given = json!({"fields": {"System.Title": "x", "WEF_1.Column": null, "Other": 1}, "workItemType": 2});
    let sent = json!({"fields": {"system.Title": "x", "wef_1.Column": null, "Other": 1}, "workItemType": 2});
    assert_eq!(back(&Normalization::AdoPascalCase, given).value, sent);
    let both = back(&Normalization::SnakeCase, json!({"work_item_type": 1, "workItemType": 2}));
    assert_eq!(both.value, json!({"work_item_type": 1, "workItemType": 2}));
    let told = "the field \"work_item_type\" keeps its name: there is another \"workItemType\" beside it";
    assert_eq!(both.collisions, [told]);
    let two = json!({"properties": {"aB": {}, "a-B": {}}});
    assert_eq!(restored(&Normalization::SnakeCase, &two, &json!({"a_b": 1})).value, json!({"a_b": 1}), "which one is not told");
    let ambiguous = prefixes(&[("x.", "new."), ("y.", "new.")]);
    assert_eq!(back(&ambiguous, json!({"new.a": 1})).value, json!({"new.a": 1}));
}

#[test]
fn a_schema_of_results_gets_the_names_of_results() {
    let before = json!({
        "type": "object", "required": ["workItem"], "$defs": {"x": {"properties": {"aB": {"enum": [{"cD": 1}]}}}},
        "properties": {"workItem": {"$ref": "#/$defs/x"}, "properties": {"type": "object", "properties": {"eF": true}}},
    });
    let after = json!({
        "type": "object", "required": ["work_item"], "$defs": {"x": {"properties": {"a_b": {"enum": [{"cD": 1}]}}}},
        "properties": {"work_item": {"$ref": "#/$defs/x"}, "properties": {"type": "object", "properties": {"e_f": true}}},
    });
    assert_eq!(schema(&Normalization::SnakeCase, &before), after);
}

/// The values without the names around them, in order.
fn leaves(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(leaves).chain([json!(items.len())]).collect(),
        Value::Object(fields) => fields.values().flat_map(leaves).chain([json!({ "fields": fields.len() })]).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![value.clone()],
    }
}

fn values() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        "[a-cA-C_. -]{0,6}",
        "(system|System|microsoft|custom)\\.[a-zA-Z]{0,3}",
        "(wef|WEF)_[a-zA-Z]{0,2}",
        "\\PC{0,4}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "system\\.[a-z]{0,3}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..8).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn twice_is_once_and_nothing_is_lost(value in values()) {
        for strategy in strategies() {
            let once = apply(&strategy, &value);
            prop_assert_eq!(leaves(&once.value), leaves(&value), "{:?}", strategy);
            let twice = apply(&strategy, &once.value);
            prop_assert_eq!(&twice.value, &once.value, "{:?}", strategy);
        }
    }

    #[test]
    fn arguments_changed_back_lose_nothing_and_undo_prefixes(value in values()) {
        for strategy in strategies() {
            let back = restored(&strategy, &json!({"properties": {"aB": {}}}), &value);
            prop_assert_eq!(leaves(&back.value), leaves(&value), "{:?}", strategy);
        }
        let lower = restored(&Normalization::AdoPascalCase, &json!({}), &value);
        if lower.collisions.is_empty() {
            let upper = apply(&Normalization::AdoPascalCase, &lower.value);
            let again = restored(&Normalization::AdoPascalCase, &json!({}), &upper.value);
            prop_assert_eq!(again.value, lower.value);
        }
    }

    #[test]
    fn any_name_is_stable(name in "\\PC{0,12}|[a-zA-Z0-9_.-]{0,12}") {
        for write in [words::snake_case, words::camel_case] {
            let once = write(&name);
            prop_assert_eq!(write(&once), once);
        }
    }
}
