//! Words that mean something already, and so cannot be the name of something else.

/// A list of words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(&'static str);

impl Words {
    /// Whether `name` is one of them.
    pub(super) fn hold(self, name: &str) -> bool {
        self.0.split(' ').any(|word| word == name)
    }
}

/// Keywords of Python.
pub(super) const KEYWORDS: Words = Words(
    "False None True and as assert async await break class continue def del elif else except finally for from global \
     if import in is lambda nonlocal not or pass raise return try while with yield",
);

/// Names that generated modules use themselves.
pub(super) const OWN: Words = Words(
    "Annotated ClosedModel Field Integer Json Literal Nothing Number OneOf OpenModel TYPE_CHECKING Tool TypeAlias UNSET Unset \
     Wire annotations blocking bool dict float int lazy_blocking lazy_exports list str tuple",
);

/// Public attributes of `pydantic.BaseModel` and its metaclass, which a field would hide.
pub(super) const MODEL_ATTRIBUTES: Words = Words(
    "construct copy dict from_orm json model_computed_fields model_config model_construct model_copy model_dump \
     model_dump_json model_extra model_fields model_fields_set model_json_schema model_parametrized_name \
     model_post_init model_rebuild model_validate model_validate_json model_validate_strings mro parse_file parse_obj \
     parse_raw register schema schema_json update_forward_refs validate",
);

/// Builtins that `from servers.x import *` must not replace in a script.
pub(super) const BUILTINS: Words = Words(
    "abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex \
     copyright credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals \
     hasattr hash help hex id input int isinstance issubclass iter len license list locals map max memoryview min \
     next object oct open ord pow print property quit range repr reversed round set setattr slice sorted staticmethod \
     str sum super tuple type vars zip",
);

/// Modules of a package that are not tools, and names of devices on some systems.
pub(super) const OTHER_MODULES: Words = Words("aux con discovered_types nul prn sync utils");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_held_whole() {
        assert!(KEYWORDS.hold("False") && KEYWORDS.hold("yield") && BUILTINS.hold("delattr") && OWN.hold("tuple"));
        assert!(!KEYWORDS.hold("") && !KEYWORDS.hold("a") && !KEYWORDS.hold("and as"));
    }
}
