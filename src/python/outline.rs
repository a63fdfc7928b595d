//! What a script imports, defines and calls.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Alias, Expr, PySourceType, Stmt};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::Ranged;

use super::stack::with_room_for;
use super::tokens::{counted, line_of, line_starts};

/// What a script imports, anywhere in it. Relative imports are left out: a script is no package.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imports {
    /// Full dotted names, such as `servers.git`, `asyncio`; sorted, without duplicates.
    pub modules: Vec<String>,
    /// What `from module import name` brings in, such as `servers.git`, `asyncio.gather`; sorted, without duplicates.
    /// Only the import itself can tell whether such a name is a module.
    pub names: Vec<String>,
}

/// A call of something imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSite {
    /// Full dotted name, aliases resolved, such as `servers.git.git_status`.
    pub name: String,
    /// Counted from 1.
    pub line: u32,
}

/// What stands in a script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// Its imports.
    pub imports: Imports,
    /// Functions and classes at the top, with their lines counted from 1.
    pub definitions: Vec<(String, u32)>,
    /// Line after which a new import belongs (0: at the top), behind docstring and existing imports.
    pub import_line: u32,
    /// Calls of imported names, in the order of the text.
    pub calls: Vec<CallSite>,
}

/// Reads the outline of a script, right or wrong. Empty for a script too large to be parsed.
pub fn outline(source: &str) -> Outline {
    let read = with_room_for(source, || {
        let parsed = parse_unchecked_source(source, PySourceType::Python);
        let starts = line_starts(source);
        let body = parsed.suite();
        let mut reader = Reader {
            starts: &starts,
            aliases: BTreeMap::new(),
            modules: BTreeSet::new(),
            names: BTreeSet::new(),
            sites: Vec::new(),
        };
        reader.visit_body(body);
        Outline {
            definitions: definitions(body, &starts),
            import_line: import_line(source, body, &starts),
            calls: reader.calls(),
            imports: Imports { modules: reader.modules.into_iter().collect(), names: reader.names.into_iter().collect() },
        }
    });
    read.unwrap_or_default()
}

fn definitions(body: &[Stmt], starts: &[usize]) -> Vec<(String, u32)> {
    let names = body.iter().filter_map(|statement| {
        let function = statement.as_function_def_stmt().map(|function| &function.name);
        function.or_else(|| statement.as_class_def_stmt().map(|class| &class.name))
    });
    names.map(|name| (name.to_string(), counted(line_of(starts, name.range().start().to_usize())))).collect()
}

/// Behind the leading comments (interpreter line, encoding, script metadata), docstring and imports.
fn import_line(source: &str, body: &[Stmt], starts: &[usize]) -> u32 {
    let comments = source.lines().take_while(|line| line.trim_start_matches('\u{feff}').starts_with('#')).count();
    let mut line = u32::try_from(comments).unwrap_or(u32::MAX);
    for (index, statement) in body.iter().enumerate() {
        let docstring = index == 0 && matches!(statement, Stmt::Expr(text) if text.value.is_string_literal_expr());
        if !docstring && !matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)) {
            break;
        }
        line = counted(line_of(starts, statement.range().end().to_usize()));
    }
    line
}

/// Collects imports and calls on one walk; a function may be called above the line that imports it.
struct Reader<'a> {
    starts: &'a [usize],
    aliases: BTreeMap<&'a str, String>,
    modules: BTreeSet<String>,
    names: BTreeSet<String>,
    sites: Vec<(&'a str, Vec<&'a str>, usize)>,
}

impl<'a> Visitor<'a> for Reader<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Import(import) = statement {
            import.names.iter().for_each(|alias| self.import(alias));
        } else if let Stmt::ImportFrom(import) = statement
            && let (0, Some(module)) = (import.level, &import.module)
        {
            self.modules.insert(module.to_string());
            import.names.iter().for_each(|alias| self.import_from(module, alias));
        } else {
            walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression
            && let Some((head, rest)) = dotted(&call.func)
        {
            self.sites.push((head, rest, call.range().start().to_usize()));
        }
        walk_expr(self, expression);
    }
}

impl<'a> Reader<'a> {
    fn import(&mut self, alias: &'a Alias) {
        let module = alias.name.as_str();
        let head = module.split('.').next().unwrap_or(module);
        let (name, meaning) = alias.asname.as_ref().map_or((head, head), |name| (name.as_str(), module));
        self.aliases.insert(name, meaning.to_owned());
        self.modules.insert(module.to_owned());
    }

    fn import_from(&mut self, module: &str, alias: &'a Alias) {
        if alias.name.as_str() != "*" {
            let meaning = format!("{module}.{}", alias.name);
            self.aliases.insert(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), meaning.clone());
            self.names.insert(meaning);
        }
    }

    fn calls(&self) -> Vec<CallSite> {
        let named = self.sites.iter().filter_map(|(head, rest, offset)| {
            let mut name = self.aliases.get(head)?.clone();
            for part in rest {
                name.push('.');
                name.push_str(part);
            }
            Some(CallSite { name, line: counted(line_of(self.starts, *offset)) })
        });
        named.collect()
    }
}

/// The head and the further parts of `a.b.c`.
fn dotted(mut expression: &Expr) -> Option<(&str, Vec<&str>)> {
    let mut parts = Vec::new();
    while let Expr::Attribute(attribute) = expression {
        parts.push(attribute.attr.as_str());
        expression = &attribute.value;
    }
    parts.reverse();
    expression.as_name_expr().map(|name| (name.id.as_str(), parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn imports_definitions_and_calls_are_found_wherever_they_stand() {
        let source = "\"\"\"Doc.\n\nmore\"\"\"\nimport asyncio, os.path\nfrom servers.git import (\n    git_status as status,\n    git_log,\n)\n\n\
            async def main():\n    from servers import fetch\n    await status(repo_path='.')\n    print(fetch.sync.fetch(url=1))\n\n\
            class A:\n    import json as j\n    x = j.dumps(f'{os.path.join(1)}')\nfrom . import gone\nasyncio.run(main())\n";
        let expected = Outline {
            imports: Imports {
                modules: strings(&["asyncio", "json", "os.path", "servers", "servers.git"]),
                names: strings(&["servers.fetch", "servers.git.git_log", "servers.git.git_status"]),
            },
            definitions: vec![("main".to_owned(), 10), ("A".to_owned(), 15)],
            import_line: 8,
            calls: [
                ("servers.git.git_status", 12),
                ("servers.fetch.sync.fetch", 13),
                ("json.dumps", 17),
                ("os.path.join", 17),
                ("asyncio.run", 19),
            ]
            .map(|(name, line)| CallSite { name: name.to_owned(), line })
            .to_vec(),
        };
        assert_eq!(outline(source), expected);
    }

    #[test]
    fn a_new_import_belongs_behind_the_head_of_the_script() {
        let table = [
            ("", 0),
            ("x = 1\n", 0),
            ("#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\nx = 1\n", 2),
            ("'doc'\nx = 1\n", 1),
            ("# c\n'doc'\n\nimport a\nx = 1\nimport b\n", 4),
            ("from a import (b,\n  c)\n", 2),
            ("import a\r\nimport b\r\n", 2),
        ];
        for (source, line) in table {
            assert_eq!(outline(source).import_line, line, "{source:?}");
        }
    }

    #[test]
    fn a_broken_or_deep_script_still_has_an_outline() {
        let broken = outline("import a\ndef f(:\n  a.b(\nimport c\n");
        assert_eq!(broken.imports.modules[0], "a");
        assert_eq!(broken.definitions, vec![("f".to_owned(), 2)]);
        assert_eq!(outline(&format!("import a\n{}", "a(".repeat(20_000))).imports.modules, strings(&["a"]));
        assert_eq!(outline(&"-".repeat(4_000_000)), Outline::default());
    }
}
