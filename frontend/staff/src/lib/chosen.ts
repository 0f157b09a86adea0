// The file that was chosen last, so that its preview can be made again with another profile.

export const chosen: { file?: File; runId: number } = { runId: 0 };
