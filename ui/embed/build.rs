//! Turns `dist/`, which Vite made, into a table of compressed files.
//!
//! Only release builds hold the files: debug builds read them from disk when asked, so that work on the app needs no Rust
//! build. Without `dist/` there is a warning and an empty table; with `RELEASE=1` in the environment, an error.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=embed/build.rs");
    println!("cargo:rerun-if-env-changed=RELEASE");
    // Checkouts that share a target directory share this crate as well, and cargo sees no difference between them: without
    // this, a debug build of one would serve the app of the other. scripts/env.sh says which checkout it is.
    println!("cargo:rerun-if-env-changed=BUSSOLA_ROOT");
    let ui = match env::var_os("BUSSOLA_ROOT").map(|root| Path::new(&root).join("ui")) {
        Some(ui) if ui.join("embed/build.rs").is_file() => ui,
        _ => PathBuf::from(env::var("CARGO_MANIFEST_DIR")?),
    };
    println!("cargo:rustc-env=BUSSOLA_UI_DIST_BUILT={}", ui.join("dist").display());
    let place = PathBuf::from(env::var("OUT_DIR")?);
    let mut table = String::from("&[\n");
    if env::var("PROFILE")? == "release" {
        // A path that is not there makes cargo look again at each build, which is what a missing app needs.
        println!("cargo:rerun-if-changed=dist");
        let dist = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("dist");
        if dist.join("index.html").is_file() {
            for path in files(&dist)? {
                embed(&dist, &path, &place, &mut table)?;
            }
        } else if env::var("RELEASE").is_ok_and(|value| value == "1") {
            return Err("the web app is not built, and a release has to hold it: run `make ui` first".into());
        } else {
            println!("cargo:warning=the web app is not built and will not be part of the binary: run `make ui` first");
        }
    }
    table.push(']');
    fs::write(place.join("files.rs"), table)?;
    Ok(())
}

/// Every file below a folder but hidden ones, which are the build's own notes; sorted, so that builds are reproducible.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn embed(dist: &Path, path: &Path, place: &Path, table: &mut String) -> Result<(), Box<dyn Error>> {
    let name = path.strip_prefix(dist)?.to_string_lossy().replace('\\', "/");
    let content = fs::read(path)?;
    let hex = Sha256::digest(&content)[..16].iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&content)?;
    let compressed = place.join(format!("{hex}.gz"));
    fs::write(&compressed, encoder.finish()?)?;
    writeln!(table, "    ({name:?}, include_bytes!({:?}), \"\\\"{hex}\\\"\"),", compressed.display().to_string())?;
    Ok(())
}
