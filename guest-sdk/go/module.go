package postern

// Module translates calls of the host to calls of a [Provider]. Each method
// implements one export, whose function must return its result. The methods are
// not safe for concurrent use; the host calls one export at a time.
type Module struct {
	// New creates the provider from its settings, once per instance.
	New func(Config) (Provider, error)

	provider Provider
}

// Open implements postern_open.
func (m *Module) Open() int32 {
	return end(func() error {
		request, err := input()
		if err != nil {
			return err
		}
		config, err := parseConfig(request)
		if err != nil {
			return err
		}
		m.provider, err = m.New(config)
		return err
	}())
}

// Get implements postern_get.
func (m *Module) Get() int32 {
	return m.call(func(r request) error {
		// The host calls this once without keys before it takes the image. The store
		// must not be read then, or the image would contain secrets.
		if len(r.keys) == 0 {
			return nil
		}
		return m.provider.Get(r.keys, records{})
	})
}

// Set implements postern_set.
func (m *Module) Set() int32 {
	return m.call(func(r request) error {
		if len(r.keys) != 1 || r.value == nil {
			return Internal
		}
		return m.provider.Set(r.keys[0], r.value)
	})
}

// Delete implements postern_delete.
func (m *Module) Delete() int32 {
	return m.call(func(r request) error {
		if len(r.keys) != 1 {
			return Internal
		}
		return m.provider.Delete(r.keys[0])
	})
}

// Keys implements postern_keys.
func (m *Module) Keys() int32 {
	return m.call(func(r request) error { return m.provider.Keys(r.prefix, emitKey) })
}

func (m *Module) call(operation func(request) error) int32 {
	return end(func() error {
		if m.provider == nil {
			return Internal // postern_open failed or is not exported
		}
		b, err := input()
		if err != nil {
			return err
		}
		r, err := parseRequest(b)
		if err != nil {
			return err
		}
		return operation(r)
	}())
}

// end returns the status of err and sends its message to the host.
func end(err error) int32 {
	if err == nil {
		return 0
	}
	s, text := statusOf(err)
	if text != "" {
		rawFail(pointer(text), uint32(len(text)))
	}
	return int32(s)
}
