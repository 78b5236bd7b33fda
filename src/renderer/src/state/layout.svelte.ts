export const DRAWER_TABS = ['problems', 'verifier', 'trace', 'output'] as const;
export type DrawerTab = (typeof DRAWER_TABS)[number];

/** What is open around the screens: the drawer, the dialogs of the frame, the undo bar. */
export class Layout {
  drawerOpen = $state(false);
  drawerTab = $state<DrawerTab>('problems');
  paletteOpen = $state(false);
  keysOpen = $state(false);

  showDrawer(tab: DrawerTab): void {
    this.drawerTab = tab;
    this.drawerOpen = true;
  }

  toggleDrawer(): void {
    this.drawerOpen = !this.drawerOpen;
  }
}
