package main

import postern "github.com/postern-project/postern/guest-sdk/go"

var module = postern.Module{New: open}

//go:wasmexport postern_open
func posternOpen() int32 { return module.Open() }

//go:wasmexport postern_get
func posternGet() int32 { return module.Get() }

//go:wasmexport postern_keys
func posternKeys() int32 { return module.Keys() }
