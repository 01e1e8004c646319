//! Checkpoints, notes, keys and proof texts: other people's vectors, and strictness.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use bussola_ledger::limits::{NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, ORIGIN_BYTES_MAX, PROOF_HASHES_MAX};
use bussola_ledger::{
    CheckpointError, ConsistencyProofText, Hash, InclusionProofText, KeyError, NoteError, Origin, OriginError,
    ProofError, ProofTextError, SigningKey, TreeHead, VerifyingKey, consistency_proof, format_hashes, inclusion_proof,
    leaf_hash, parse_hashes,
};
use support::{Kept, key};

// From the tests of golang.org/x/mod/sumdb/note, where the format comes from.
const PETER_SIGNING: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_VERIFYING: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn keys_and_signatures_are_those_of_the_go_tools() {
    let signing: SigningKey = PETER_SIGNING.parse().unwrap();
    assert_eq!(signing.to_secret_text(), PETER_SIGNING);
    assert_eq!(signing.verifying_key().to_string(), PETER_VERIFYING);
    let verifying: VerifyingKey = PETER_VERIFYING.parse().unwrap();
    assert_eq!(verifying, signing.verifying_key());
    // The signature is good, so the refusal is of what was signed.
    assert_eq!(verifying.open(PETER_NOTE), Err(NoteError::Checkpoint(CheckpointError::Lines)));
    let forged = PETER_NOTE.replace("cryptography", "Cryptography");
    assert_eq!(verifying.open(&forged), Err(NoteError::Forged(verifying.origin().clone())));
}

#[test]
fn a_checkpoint_opens_with_its_key_only() {
    let head = TreeHead { size: 4, root: leaf_hash(b"root") };
    let note = key().sign(head);
    assert_eq!(
        note,
        "bussola.example.com/ledger\n4\nl/rrBlrOtkpmrK2SbqtQTEWjI/Zh1SwnmlTQnDZyiHk=\n\n\
         \u{2014} bussola.example.com/ledger NOTE\n"
            .replace("l/rrBlrOtkpmrK2SbqtQTEWjI/Zh1SwnmlTQnDZyiHk=", &head.root.to_base64())
            .replace("NOTE", note.trim_end().rsplit(' ').next().unwrap())
    );
    assert_eq!(key().verifying_key().open(&note).unwrap().head(), head);
    assert_eq!(key().sign(head), note, "signatures are deterministic");

    let origin = key().origin().clone();
    let other = SigningKey::from_seed(origin.clone(), [8; 32]).verifying_key();
    assert_eq!(other.open(&note), Err(NoteError::NotSignedBy(origin)));
    let elsewhere = Origin::new("elsewhere.example").unwrap();
    let other = SigningKey::from_seed(elsewhere.clone(), [7; 32]).verifying_key();
    assert_eq!(other.open(&note), Err(NoteError::NotSignedBy(elsewhere)));
}

#[test]
fn every_bit_of_a_note_counts() {
    let note = key().sign(TreeHead { size: 4, root: leaf_hash(b"root") });
    let opened = key().verifying_key().open(&note).unwrap();
    for bit in 0..8 * note.len() {
        let Ok(changed) = String::from_utf8(support::flip(note.as_bytes(), bit)) else { continue };
        assert!(key().verifying_key().open(&changed).is_err(), "bit {bit} of {opened:?}");
    }
    for length in 0..note.len() {
        let Some(cut) = note.get(..length) else { continue };
        assert!(key().verifying_key().open(cut).is_err(), "cut to {length} bytes");
    }
    assert!(key().verifying_key().open(&format!("{note}\n")).is_err());
    assert!(key().verifying_key().open(&format!("\n{note}")).is_err());
    assert!(key().verifying_key().open(&note.replace('\n', "\r\n")).is_err());
}

#[test]
fn lines_of_others_are_left_alone() {
    let note = key().sign(TreeHead { size: 4, root: leaf_hash(b"root") });
    let (text, ours) = note.split_once("\n\n").unwrap();
    let witness = "\u{2014} witness.example mJirIklj\n";
    let open = |note: String| key().verifying_key().open(&note).map(|checkpoint| checkpoint.size);
    assert_eq!(open(format!("{note}{witness}")), Ok(4));
    assert_eq!(open(format!("{text}\n\n{witness}{ours}")), Ok(4));
    assert_eq!(open(format!("{note}{}", witness.repeat(NOTE_SIGNATURES_MAX - 1))), Ok(4));
    assert_eq!(
        open(format!("{note}{}", witness.repeat(NOTE_SIGNATURES_MAX))),
        Err(NoteError::TooManySignatures(NOTE_SIGNATURES_MAX + 1))
    );
    assert_eq!(open(format!("{note}{ours}")), Err(NoteError::SignedTwice(key().origin().clone())));
    for malformed in [
        "x\n",
        "\u{2014} a\n",
        "\u{2014}  AAAAAAA=\n",
        "\u{2014} a AAAAAA==\n",
        "\u{2014} a+b AAAAAAA=\n",
        "- a AAAAAAA=\n",
    ] {
        assert_eq!(open(format!("{note}{malformed}")), Err(NoteError::SignatureLine(2)), "{malformed}");
    }
    // Our name on another key: an older key of ours, perhaps.
    let namesake =
        SigningKey::from_seed(key().origin().clone(), [9; 32]).sign(TreeHead { size: 4, root: leaf_hash(b"root") });
    let (_, namesake) = namesake.split_once("\n\n").unwrap();
    assert_eq!(open(format!("{note}{namesake}")), Ok(4));

    let name = |bytes| "w".repeat(bytes);
    let filler = NOTE_BYTES_MAX - note.len() - "\u{2014}  AAAAAAA=\n".len();
    let at_limit = format!("{note}\u{2014} {} AAAAAAA=\n", name(filler));
    assert_eq!(at_limit.len(), NOTE_BYTES_MAX);
    assert_eq!(open(at_limit), Ok(4));
    let past = format!("{note}\u{2014} {} AAAAAAA=\n", name(filler + 1));
    assert_eq!(open(past), Err(NoteError::TooLong(NOTE_BYTES_MAX + 1)));
}

#[test]
fn what_was_signed_must_be_a_checkpoint_of_this_ledger() {
    // A signer that signs anything, as another program with our key would.
    #[track_caller]
    fn check(text: &str, expected: Result<u64, NoteError>) {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        use ed25519_dalek::Signer as _;
        let good = key().sign(TreeHead { size: 0, root: Hash::EMPTY_ROOT });
        let line = STANDARD.decode(good.trim_end().rsplit(' ').next().unwrap()).unwrap();
        let mut signature = line[..4].to_vec();
        signature.extend(ed25519_dalek::SigningKey::from_bytes(&[7; 32]).sign(text.as_bytes()).to_bytes());
        let note = format!("{text}\n\u{2014} {} {}\n", key().origin(), STANDARD.encode(signature));
        assert_eq!(key().verifying_key().open(&note).map(|checkpoint| checkpoint.size), expected, "{text}");
    }
    let (ours, root) = ("bussola.example.com/ledger", Hash::EMPTY_ROOT.to_base64());
    let wrong = |error| Err(NoteError::Checkpoint(error));
    check(&format!("{ours}\n7\n{root}\n"), Ok(7));
    check(&format!("{ours}\n9007199254740991\n{root}\n"), Ok((1 << 53) - 1));
    check(&format!("{ours}\n9007199254740992\n{root}\n"), wrong(CheckpointError::Size));
    check(&format!("{ours}\n99999999999999999999999\n{root}\n"), wrong(CheckpointError::Size));
    for size in ["07", "+7", "-7", "", " 7", "7 ", "7a", "٧"] {
        check(&format!("{ours}\n{size}\n{root}\n"), wrong(CheckpointError::Size));
    }
    check(&format!("{ours}\n7\n{root}\nextension\n"), wrong(CheckpointError::Extension));
    check(&format!("{ours}\n7\n"), wrong(CheckpointError::Lines));
    check(&format!("\n7\n{root}\n"), wrong(CheckpointError::Origin(OriginError::Empty)));
    let root_of = |error| wrong(CheckpointError::Root(error));
    check(&format!("{ours}\n7\n{}\n", &root[1..]), root_of(bussola_ledger::HashError::NotBase64(43)));
    let (expected, found) = (key().origin().clone(), Origin::new("other.example").unwrap());
    check(&format!("other.example\n7\n{root}\n"), Err(NoteError::OtherOrigin { expected, found }));
}

#[test]
fn origins() {
    for good in ["a", "example.com/log", "é", &"w".repeat(ORIGIN_BYTES_MAX)] {
        assert_eq!(Origin::new(good).unwrap().as_str(), good);
    }
    assert_eq!(Origin::new(""), Err(OriginError::Empty));
    assert_eq!(Origin::new("w".repeat(ORIGIN_BYTES_MAX + 1)), Err(OriginError::TooLong(ORIGIN_BYTES_MAX + 1)));
    for bad in [' ', '+', '\n', '\t', '\0', '\u{7f}', '\u{a0}', '\u{2003}'] {
        assert_eq!(Origin::new(format!("a{bad}b")), Err(OriginError::Character(bad)));
    }
}

#[test]
fn keys_are_read_strictly_and_never_shown() {
    let (signing, verifying) = (key().to_secret_text(), key().verifying_key().to_string());
    assert_eq!(signing.parse::<SigningKey>().unwrap().to_secret_text(), signing);
    assert_eq!(verifying.parse::<VerifyingKey>().unwrap().to_string(), verifying);
    assert_eq!(format!("{:?}", key()), "SigningKey(bussola.example.com/ledger+redacted)");

    let refused = |text: &str| text.parse::<VerifyingKey>().unwrap_err();
    let form = KeyError::Form { kind: "verifying", form: "name+id+base64" };
    for wrong in [
        "",
        "a",
        "a+b",
        "a+0123456+AQ==",
        "a+0123456G+AQ==",
        "a+01234567+A",
        "a+01234567+",
        &format!("{verifying}\n"),
        &"a".repeat(336),
    ] {
        assert_eq!(refused(wrong), form, "{wrong}");
    }
    assert_eq!(refused(&verifying.replace("bussola", "bussole")), KeyError::Id);
    assert_eq!(refused(&verifying.replace("bussola", "bus sola")), KeyError::Origin(OriginError::Character(' ')));
    assert_eq!(refused("a+01234567+BAAA"), KeyError::Type { found: 4, expected: 1 });
    assert_eq!(refused("a+01234567+AQAA"), form);
    // The identity: under it anyone can sign. And an encoding whose y is not reduced.
    assert_eq!(refused(&format!("a+01234567+AQE{}", "A".repeat(41))), KeyError::Point);
    assert_eq!(refused(&format!("a+01234567+Ae7{}9/", "/".repeat(39))), KeyError::Point);

    let refused = |text: &str| text.parse::<SigningKey>().unwrap_err();
    let form = KeyError::Form { kind: "signing", form: "PRIVATE+KEY+name+id+base64" };
    assert_eq!(refused(&verifying), form);
    assert_eq!(refused(&format!("{signing}A")), form);
    assert_eq!(refused(&signing.replace("bussola", "bussole")), KeyError::Id);
}

#[test]
fn proof_texts_are_read_back_and_verify() {
    let kept = Kept::of_entries(300);
    let hashes = inclusion_proof(17, 300, &kept.reader()).unwrap();
    let proof = InclusionProofText { seq: 17, hashes, note: kept.note(300) };
    let text = proof.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 17\n"));
    assert_eq!(text.parse::<InclusionProofText>().as_ref(), Ok(&proof));
    assert_eq!(text.replacen("\n", "\nextra Zm9v\n", 1).parse::<InclusionProofText>().as_ref(), Ok(&proof));
    assert_eq!(proof.verify(&kept.leaves[17], &key().verifying_key()), Ok(kept.checkpoint(300)));
    assert!(matches!(
        proof.verify(&kept.leaves[18], &key().verifying_key()),
        Err(ProofTextError::Proof(ProofError::Root { .. }))
    ));

    let hashes = consistency_proof(17, 300, &kept.reader()).unwrap();
    let proof = ConsistencyProofText { old_size: 17, hashes, note: kept.note(300) };
    let text = proof.to_string();
    assert!(text.starts_with("old 17\n"));
    assert_eq!(text.parse::<ConsistencyProofText>().as_ref(), Ok(&proof));
    assert_eq!(proof.verify(&kept.checkpoint(17), &key().verifying_key()), Ok(kept.checkpoint(300)));
    let size = ProofTextError::OldSize { proof: 17, checkpoint: 18 };
    assert_eq!(proof.verify(&kept.checkpoint(18), &key().verifying_key()), Err(size));

    let empty = InclusionProofText { seq: 0, hashes: vec![], note: kept.note(1) };
    assert_eq!(empty.to_string().parse(), Ok(empty));
}

#[test]
fn proof_texts_are_read_strictly() {
    let line = |line, expected| Err(ProofTextError::Line { line, expected });
    let read = |text: &str| text.parse::<InclusionProofText>();
    let header = "c2sp.org/tlog-proof@v1";
    assert_eq!(read(""), line(1, "`c2sp.org/tlog-proof@v1`"));
    assert_eq!(read("c2sp.org/tlog-proof@v2\n"), line(1, "`c2sp.org/tlog-proof@v1`"));
    assert_eq!(read(&format!("{header}\nindex 07\n\n")), line(2, "`index` and the number of the entry"));
    assert_eq!(read(&format!("{header}\nextra x\nindex x\n\n")), line(3, "`index` and the number of the entry"));
    assert_eq!(read(&format!("{header}\nindex 7\n")), line(3, "a hash or a blank line"));
    assert!(matches!(read(&format!("{header}\nindex 7\nx\n\n")), Err(ProofTextError::Hash { line: 3, .. })));

    let hashes = vec![leaf_hash(b""); PROOF_HASHES_MAX];
    assert_eq!(parse_hashes(&format_hashes(&hashes)).as_ref(), Ok(&hashes));
    let more = vec![leaf_hash(b""); PROOF_HASHES_MAX + 1];
    assert_eq!(parse_hashes(&format_hashes(&more)), Err(ProofTextError::TooManyHashes));
    assert_eq!(parse_hashes(""), Ok(vec![]));
    assert!(parse_hashes(format_hashes(&hashes).trim_end()).is_err());
    assert_eq!(parse_hashes(&"x".repeat(2 * NOTE_BYTES_MAX + 1)), Err(ProofTextError::TooLong(2 * NOTE_BYTES_MAX + 1)));
}
