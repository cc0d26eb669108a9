//! The manifest, as a custom section that tools read without running the module.

#[cfg_attr(target_arch = "wasm32", unsafe(link_section = "postern.manifest"))]
#[used]
static MANIFEST: [u8; TEXT.len()] = *TEXT;

const TEXT: &[u8; include_bytes!("../manifest.json").len()] = include_bytes!("../manifest.json");
