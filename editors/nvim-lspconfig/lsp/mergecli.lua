---@brief
---
--- https://mergecli.example
---
--- Language server of mergecli, which describes Keras architectures as YAML files.
---
--- The server needs the package `pygls` beside mergecli.
---
--- YAML files that are not specs of mergecli are left alone.

---@type vim.lsp.Config
return {
  cmd = { 'mergecli', 'lsp' },
  filetypes = { 'yaml' },
  root_markers = { 'pyproject.toml', '.git' },
}
