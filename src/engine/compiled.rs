//! Our own Python modules, compiled once for each interpreter.
//!
//! Python keeps what it has compiled beside the source, but a confined process may not write there and would compile anew in
//! each cold run, which takes as long as the interpreter's own start. So a process of its own does it: of our modules only, and
//! without running any of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::assets::FILES;
use super::python::FileIdentity;
use crate::sys::files::write_atomic;
use crate::sys::process::{Exit, Launch, Stdio, Tree};
use crate::types::limits::COMPILE_TIMEOUT;

/// Compiles the files that are its arguments, and has the loader keep what came out.
const PROGRAM: &str = "import sys, _frozen_importlib_external as loaders
for path in sys.argv[1:]:
    loaders.SourceFileLoader('module', path).get_code('module')";

/// Compiles the modules in the folder `runtime` with the interpreter at `executable`, unless that was done. A failure only costs
/// later runs their time.
pub(super) async fn compile(executable: PathBuf, runtime: PathBuf, file: FileIdentity) {
    let mark = runtime.join(format!(".compiled-{}", file.word()));
    if !mark.exists() && run(&executable, &runtime).await == Some(Exit::Code(0)) {
        let _ = write_atomic(&mark, b"");
    }
}

async fn run(executable: &Path, runtime: &Path) -> Option<Exit> {
    let files = FILES.iter().map(|(path, _)| Path::new(path));
    let modules = files.filter(|path| path.extension().is_some_and(|extension| extension == "py"));
    let flags = ["-I", "-S", "-X", "utf8", "-c", PROGRAM].map(Into::into);
    let tree = Tree::start(Launch {
        program: executable.to_owned(),
        arguments: flags.into_iter().chain(modules.map(|module| runtime.join(module).into())).collect(),
        environment: BTreeMap::new(),
        folder: runtime.to_owned(),
        stdio: [Stdio::Null, Stdio::Null, Stdio::Null],
        descriptors: Vec::new(),
        sandbox: None,
    });
    let tree = tree.ok()?;
    let exit = tokio::time::timeout(COMPILE_TIMEOUT, tree.wait()).await.ok();
    tree.end(Duration::ZERO).await;
    exit
}
