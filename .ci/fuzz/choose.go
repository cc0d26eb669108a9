package main

import "slices"

// target is one fuzz target.
type target struct {
	pkg  *pkg
	name string
}

func (t target) String() string { return t.pkg.path + " " + t.name }

// choose returns the targets of the changed packages, and then those of the packages
// that import one of them.
func choose(all []*pkg, changed map[string]bool) []target {
	var own, importers []*pkg
	for _, p := range all {
		switch {
		case changed[p.path]:
			own = append(own, p)
		case importsAny(p, changed):
			importers = append(importers, p)
		}
	}
	return append(inTurn(own), inTurn(importers)...)
}

func importsAny(p *pkg, changed map[string]bool) bool {
	for path := range changed {
		if p.deps[path] {
			return true
		}
	}
	return false
}

// inTurn returns the first target of each package, then the second of each, and so
// on, so that the first n targets are of as many packages as possible.
func inTurn(packages []*pkg) []target {
	var all []target
	for i := 0; ; i++ {
		before := len(all)
		for _, p := range packages {
			if i < len(p.targets) {
				all = append(all, target{p, p.targets[i]})
			}
		}
		if len(all) == before {
			return slices.Clip(all)
		}
	}
}

// cut splits the targets into those that run and those that are left.
func cut(all []target, most int) (run, left []target) {
	n := min(len(all), most)
	return all[:n], all[n:]
}
