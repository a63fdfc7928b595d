//! The engine as a library: text and context in, result out.

use mcp_studio::engine::{PythonEngine, PythonError, ScriptConfig, ScriptContext};
use serde_json::json;

#[expect(dead_code, reason = "its `main` is for `cargo run --example`")]
#[path = "../../../examples/run_script.rs"]
mod run_script;

fn project() -> (tempfile::TempDir, ScriptConfig) {
    let folder = tempfile::tempdir().unwrap();
    let config = ScriptConfig { folder: folder.path().to_owned(), ..ScriptConfig::default() };
    (folder, config)
}

async fn error_of(engine: &PythonEngine, script: &str) -> PythonError {
    engine.execute_script(script, ScriptContext::default()).await.unwrap().error.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_counts_words() {
    let (_folder, config) = project();
    let result = run_script::count_words(&config, "to be or not to be").await.unwrap();
    assert_eq!(result.value, Some(json!({"to": 2, "be": 2, "or": 1, "not": 1})));
    assert_eq!((result.success, result.logs), (true, vec!["[INFO] 6 words".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_called_with_the_context_and_its_value_is_the_result() {
    let (_folder, config) = project();
    let engine = PythonEngine::new(&config).unwrap();
    let script = "print('top')\ndef plain(context):\n    return context.request['n'] + 1\nasync def later(context):\n    return context.metadata.test_name\n";
    for (function, value) in [(Some("plain"), Some(json!(8))), (Some("later"), Some(json!("t"))), (None, None)] {
        let compiled = engine.precompile_script(script, function).await.unwrap();
        for _ in 0..2 {
            let context = ScriptContext { request: json!({"n": 7}), test_name: Some("t".to_owned()), ..ScriptContext::default() };
            let result = engine.execute_precompiled(&compiled, context).await.unwrap();
            assert_eq!((&result.value, result.stdout.as_str(), &result.error), (&value, "top\n", &None), "{function:?}");
        }
    }
    let none = engine.precompile_script(script, Some("none")).await.unwrap();
    let error = engine.execute_precompiled(&none, ScriptContext::default()).await.unwrap().error.unwrap();
    assert_eq!(error.to_string(), "NameError: the script has no function 'none'");
    let unserialisable = engine.precompile_script("def f(context):\n    return {1, 2}\n", Some("f")).await.unwrap();
    let error = engine.execute_precompiled(&unserialisable, ScriptContext::default()).await.unwrap().error.unwrap();
    assert!(error.to_string().starts_with("TypeError: the result is not JSON: "), "{error}");
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_has_its_kind() {
    let (_folder, config) = project();
    let engine = PythonEngine::new(&config).unwrap();
    let PythonError::Syntax(error) = engine.precompile_script("a = 1\nb = (", None).await.unwrap_err() else { panic!() };
    assert_eq!((error.class.as_str(), error.line, error.column), ("SyntaxError", Some(2), Some(5)));
    let PythonError::Runtime(error) = error_of(&engine, "def f():\n    1 / 0\nf()\n").await else { panic!() };
    assert_eq!((error.class.as_str(), error.message.as_str(), error.line), ("ZeroDivisionError", "division by zero", Some(2)));
    assert!(error.traceback.contains("line 3, in <module>"), "{}", error.traceback);
    let PythonError::Import { module, .. } = error_of(&engine, "import no.such\n").await else { panic!() };
    assert_eq!(module, "no");
    let code = PythonError::Process { code: 3, outcome: "exit 3".to_owned() };
    assert_eq!(error_of(&engine, "import sys\nsys.exit(3)\n").await, code);
    let signal = PythonError::Process { code: 137, outcome: "killed by signal 9 (SIGKILL)".to_owned() };
    assert_eq!(error_of(&engine, "import os\nos.kill(os.getpid(), 9)\n").await, signal);
    let memory = PythonError::MemoryLimit("memory limit of 8 GiB".to_owned());
    assert_eq!(error_of(&engine, "bytes(1 << 40)\n").await, memory);
    engine.shutdown().await;
    let nowhere = ScriptConfig { interpreter: Some("/no/such/python3".into()), ..config };
    let engine = PythonEngine::new(&nowhere).unwrap();
    let refused = engine.execute_script("pass", ScriptContext::default()).await.unwrap_err();
    assert!(matches!(refused, PythonError::InterpreterNotFound(_)), "{refused}");
}
