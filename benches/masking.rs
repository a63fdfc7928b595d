//! Masking and recording one payload, against writing it as JSON and hashing it.

use divan::{Bencher, black_box};
use mcp_studio::types::{Masker, RecordLevel, Secret, text_hash};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

/// A studio with twenty secrets in its servers' environments.
fn masker() -> Masker {
    Masker::new((0..20).map(|number| Secret { name: "API_KEY".to_owned(), value: format!("n0t-a-real-secret-{number:08}") }))
}

/// About 1 KB, as a tool answers it: paths, dates, numbers, prose.
fn ordinary() -> Value {
    let row = |number: u64| {
        json!({"path": format!("/home/somebody/projects/mcp-studio/src/file_{number}.rs"), "size": 10_240 + number,
            "modified": "2026-11-21T19:44:12.078Z", "sha": format!("{:040x}", number * 0x1234_5678_9abc_def1),
            "summary": "Reads the configuration and tells everything that is wrong in it at once, with file and line."})
    };
    json!({"content": (0..4).map(row).collect::<Vec<_>>()})
}

/// About 1 KB with something to mask in each text.
fn personal() -> Value {
    let row = |number: u64| {
        json!({"mail": format!("person{number}@example.com"), "card": "4111 1111 1111 1111", "phone": "+49 30 1234567",
            "password": "hunter2", "note": format!("key n0t-a-real-secret-{number:08} in am9lQGV4YW1wbGUuY29t"), "iban": "DE89370400440532013000"})
    };
    json!({"content": (0..4).map(row).collect::<Vec<_>>()})
}

#[divan::bench]
fn baseline_json_and_hash(bencher: Bencher) {
    let value = ordinary();
    bencher.bench(|| text_hash(&black_box(&value).to_string()));
}

#[divan::bench]
fn payload_of_1_kb(bencher: Bencher) {
    let (masker, value) = (masker(), ordinary());
    bencher.bench(|| masker.payload(black_box(&value), RecordLevel::Default));
}

#[divan::bench]
fn payload_of_1_kb_full_of_personal_data(bencher: Bencher) {
    let (masker, value) = (masker(), personal());
    bencher.bench(|| masker.payload(black_box(&value), RecordLevel::Default));
}

#[divan::bench]
fn payload_of_1_mb(bencher: Bencher) {
    let (masker, value) = (masker(), Value::Array(vec![ordinary(); 800]));
    bencher.bench(|| masker.payload(black_box(&value), RecordLevel::Default));
}

#[divan::bench]
fn payload_of_4_mb_image(bencher: Bencher) {
    let (masker, value) = (masker(), json!([{"type": "image", "data": "iVBORw0KGgoAAAANSUhEUgAA".repeat(175_000)}]));
    bencher.bench(|| masker.payload(black_box(&value), RecordLevel::Default));
}

#[divan::bench]
fn masker_of_a_studio(bencher: Bencher) {
    bencher.bench(masker);
}
