//! The tree: keys in, rows out.

use super::*;
use crate::fronts::tui::text::palette::Depth;
use serde_json::json;

const AREA: Rect = Rect::new(0, 0, 30, 8);

fn screen(tree: &JsonTree) -> Vec<String> {
    let mut buffer = Buffer::empty(AREA);
    tree.draw(AREA, &mut buffer, &Palette::plain(Depth::Monochrome), true);
    let row = |y| (0..AREA.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..AREA.height).map(row).filter(|row| !row.is_empty()).collect()
}

fn press(tree: &mut JsonTree, codes: &[KeyCode]) {
    for code in codes {
        assert_eq!(tree.handle(KeyEvent::from(*code), AREA), Handled::Consumed);
    }
}

fn sample() -> JsonTree {
    JsonTree::new(Arc::new(json!({"a": [1, {"odd key": null}], "b\u{1b}": "x\ny", "e": {}})))
}

#[test]
fn a_small_value_is_open_and_harmless() {
    let expected = [
        "▾ {3 keys}",
        "  ▾ a: [2 items]",
        "      0: 1",
        "    ▾ 1: {1 key}",
        "        odd key: null",
        "    b␛: \"x␊y\"",
        "    e: {}",
    ];
    assert_eq!(screen(&sample()), expected);
}

#[test]
fn nodes_are_closed_and_opened() {
    let mut tree = sample();
    press(&mut tree, &[KeyCode::Down, KeyCode::Left]);
    assert_eq!(screen(&tree), ["▾ {3 keys}", "  ▸ a: [2 items]", "    b␛: \"x␊y\"", "    e: {}"]);
    press(&mut tree, &[KeyCode::Right, KeyCode::Right]);
    assert_eq!((tree.position(), tree.selected()), ((3, 7), &json!(1)));
    press(&mut tree, &[KeyCode::Left, KeyCode::Left, KeyCode::Left]);
    assert_eq!(tree.position(), (1, 4));
    press(&mut tree, &[KeyCode::Enter]);
    assert_eq!(screen(&tree), ["▸ {3 keys}"]);
    press(&mut tree, &[KeyCode::Char('e')]);
    assert_eq!(tree.position(), (1, 7));
    press(&mut tree, &[KeyCode::Char('c'), KeyCode::End]);
    assert_eq!((tree.position(), tree.selected()), ((4, 4), &json!({})));
}

#[test]
fn path_and_value_are_copied() {
    let mut tree = sample();
    press(&mut tree, &[KeyCode::Down, KeyCode::Down, KeyCode::Down, KeyCode::Down]);
    assert_eq!(tree.handle(KeyEvent::from(KeyCode::Char('p')), AREA), Handled::Copied("$.a[1][\"odd key\"]".to_owned()));
    press(&mut tree, &[KeyCode::Down]);
    assert_eq!(tree.handle(KeyEvent::from(KeyCode::Char('y')), AREA), Handled::Copied("x\ny".to_owned()));
    press(&mut tree, &[KeyCode::Home]);
    assert_eq!(tree.path(), "$");
}

#[test]
fn a_search_opens_what_hides_a_hit() {
    let mut tree = JsonTree::new(Arc::new(json!({"list": (0..300).map(|n| json!({"n": n})).collect::<Vec<_>>(), "N": true})));
    assert_eq!(tree.position(), (1, 3));
    assert!(tree.find_next("299", AREA));
    assert_eq!(tree.path(), "$.list[299].n");
    assert!(tree.find_next("N", AREA));
    assert_eq!(tree.path(), "$.N");
    assert!(tree.find_next("n", AREA));
    assert_eq!(tree.path(), "$.list[0].n");
    assert!(!tree.find_next("none", AREA) && !tree.find_next("", AREA));
}

#[test]
fn nodes_are_made_only_where_somebody_looks() {
    let tree = JsonTree::new(Arc::new(json!({"a": vec![json!([1, 2, 3]); 5_000], "b": "é".repeat(5_000)})));
    assert_eq!(tree.nodes.len(), 3);
    assert_eq!(screen(&tree)[1..2], ["  ▸ a: [5000 items]"]);
    assert_eq!(screen(&tree)[2], "    b: (10000 bytes, y copies›");
    assert_eq!(JsonTree::new(Arc::new(json!(7))).position(), (1, 1));
}
