//! What the fuzzer came upon and was worth keeping goes through the same functions again.

use std::path::Path;

/// Less than this is no corpus: somebody has lost it.
const FEWEST: usize = 20;

#[test]
fn the_corpus_is_taken_as_the_fuzzer_took_it() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .join("fuzz/corpus");
    for (target, run) in fuzz::TARGETS {
        let mut files: Vec<_> = std::fs::read_dir(corpus.join(target))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(files.len() >= FEWEST, "{target} has {} files", files.len());
        for file in files {
            // The name of what fails is told with the failure.
            println!("{}", file.display());
            run(&std::fs::read(&file).unwrap());
        }
    }
}
