import { type FuseV1Config, FuseV1Options, FuseVersion } from '@electron/fuses';

/**
 * Electron's fuses, each decided. `strictlyRequireAllFuses` breaks the build when an update of Electron brings a new
 * one, so that somebody decides about it too.
 */
export const FUSES: FuseV1Config = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  // The binary must not serve as a plain Node for whoever finds it on the machine.
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  // The kiosk keeps no cookies, and this one cannot be taken back.
  [FuseV1Options.EnableCookieEncryption]: false,
  // Windows and macOS check the archive's sum at start; Linux relies on an install folder that root owns.
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  // No page is ever loaded from file://.
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  // Bounds checks of WebAssembly by the processor's own traps: Electron's default, faster and as safe.
  [FuseV1Options.WasmTrapHandlers]: true,
};
