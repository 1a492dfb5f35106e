/** The number of rounds of a test: all of them in `cargo xtask test soak`, otherwise enough to notice a mistake. */
export const times = (inFull, inShort) => (process.env.SOAK ? inFull : inShort)
