//! What is and what is not a thread count.

use sigmul_runtime::ThreadCount;

#[test]
fn bounds_are_named_in_the_refusal() {
    for text in ["0", "1025", "-1", "two", ""] {
        let refusal = text.parse::<ThreadCount>().unwrap_err().to_string();
        assert_eq!(
            refusal,
            format!("`{text}` is not a thread count: give a whole number from 1 to 1024")
        );
    }
    assert_eq!("1".parse(), Ok(ThreadCount::ONE));
    assert_eq!(ThreadCount::new(1024).unwrap().to_string(), "1024");
}

#[test]
fn more_than_available_is_oversubscribed() {
    let cores = ThreadCount::available();
    assert!(!cores.is_oversubscribed());
    assert!(
        ThreadCount::new(cores.get() + 1)
            .unwrap()
            .is_oversubscribed()
    );
}

#[test]
fn a_few_threads_are_granted() {
    ThreadCount::new(5).unwrap().granted().unwrap();
}
