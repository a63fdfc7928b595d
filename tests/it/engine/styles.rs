//! Every style of script, warm and cold, as under `python script.py`.

use super::bench::{Bench, STARTS, request, seen};

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_a_true_main_module() {
    let bench = Bench::new();
    for start in STARTS {
        let path = bench.write("a.py", "import sys\nprint(__name__, __file__, sys.argv, sys.path[0])\n");
        let mut request = request(&path, start);
        request.arguments = vec!["-x".into(), "ü y".into()];
        let result = bench.run(request).await;
        let (file, folder) = (path.display(), bench.workspace.display());
        let out = format!("__main__ {file} ['{file}', '-x', 'ü y'] {folder}\n");
        assert_eq!(seen(&result), (0, "ok", out.as_str(), ""), "{start:?}");
    }
}
