//! What the module says of itself, readable without running it.

#[cfg_attr(target_arch = "wasm32", unsafe(link_section = "postern.manifest"))]
#[used]
static MANIFEST: [u8; TEXT.len()] = *TEXT;

const TEXT: &[u8; include_bytes!("../manifest.json").len()] = include_bytes!("../manifest.json");
