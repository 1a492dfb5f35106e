/// <reference types="vite/client" />

interface ImportMetaEnv {
  readonly VITE_HANDLE_RESOLVER: string
  readonly VITE_PLC_DIRECTORY: string
}
