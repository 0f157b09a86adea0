// Where this workstation stands: window and counter, kept by the workstation itself.
const kept = 'kofu.booking.here';

function stored(): { window: string; counter: string } {
  try {
    const v = JSON.parse(localStorage.getItem(kept) ?? '{}') as { window?: string; counter?: string };
    return { window: v.window ?? '', counter: v.counter ?? '' };
  } catch {
    return { window: '', counter: '' };
  }
}

class Here {
  window = $state(stored().window);
  counter = $state(stored().counter);

  keep(): void {
    localStorage.setItem(kept, JSON.stringify({ window: this.window, counter: this.counter }));
  }
}
export const here = new Here();
