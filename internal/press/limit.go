package press

// MemoryLimit is what a program that prints should give debug.SetMemoryLimit
// once, when it starts. The pages of a run are held until its fonts are known,
// and without a limit the collector lets the dead ones pile up: 10,000 labels
// then peak at 305 MB, with it they stay near 200 MB in as short a time. The
// small PCs of the counters have 4 GB for everything.
const MemoryLimit = 256 << 20
