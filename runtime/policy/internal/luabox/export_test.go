package luabox

import lua "github.com/yuin/gopher-lua"

// Roots returns the values from which Lua code can start: everything else that it
// can reach is reached from one of them.
func Roots(b *Sandbox, r *Runner) map[string]lua.LValue {
	roots := map[string]lua.LValue{
		"global": b.env, "string": b.stringMeta, "request": r.record,
		"state": r.m.state.G.Global, "registry": r.m.state.G.Registry,
	}
	for _, m := range b.config.Modules {
		roots[m.Short] = b.modules[m.Name]
	}
	return roots
}
