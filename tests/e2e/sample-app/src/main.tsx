// A small but complete app, written and typed against the official package. The test builds it a second time with that
// one import led to ours: nothing here may know which client it runs on.
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import './style.css'

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
