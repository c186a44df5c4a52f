//! The memory store beside the plainest model of one, under work that shrinks to what matters when the
//! two part.

use factum_stores::MemoryStore;
use factum_stores::conformance::{model, run};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_work_agrees_with_the_model(choices in vec(any::<u32>(), 0..1500)) {
        run(async { model::agrees(&MemoryStore::new(), &choices).await });
    }

    #[test]
    fn any_work_by_tags_agrees_with_the_model(choices in vec(any::<u32>(), 0..1500)) {
        run(async { model::agrees_by_tags(&MemoryStore::new(), &choices).await });
    }
}
