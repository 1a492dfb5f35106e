/** How often a test does a thing: in full where it was asked to (`cargo xtask test soak`), else often enough to notice a mistake. */
export const times = (inFull, inShort) => (process.env.SOAK ? inFull : inShort)
