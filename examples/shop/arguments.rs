//! The command line.

/// What it says.
#[derive(Clone, Copy)]
pub(crate) struct Arguments {
    pub(crate) orders: u32,
    pub(crate) seed: u64,
    pub(crate) saga: bool,
    pub(crate) policies: bool,
}

/// A command line that is none of this example.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("usage: shop [saga | policies] [--orders N] [--seed N]")]
pub(crate) struct Misused;

impl Arguments {
    pub(crate) fn read() -> Result<Self, Misused> {
        let mut said = Self { orders: 24, seed: 11, saga: true, policies: true };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|word| word.parse().ok()).ok_or(Misused);
            match &*word {
                "saga" => said.policies = false,
                "policies" => said.saga = false,
                "--orders" => said.orders = u32::try_from(number()?).map_err(|_| Misused)?,
                "--seed" => said.seed = number()?,
                _ => return Err(Misused),
            }
        }
        let possible = (1..=1000).contains(&said.orders) && (said.saga || said.policies);
        possible.then_some(said).ok_or(Misused)
    }
}
