package postern

import "github.com/postern-project/postern/runtime/abi"

// request is the decoded request of an operation.
type request struct {
	keys   []string
	value  []byte // nil if there is none
	prefix string
}

func parseRequest(b []byte) (request, error) {
	var r request
	for f, err := range abi.Fields(b) {
		if err != nil {
			return request{}, Internal
		}
		switch f.Tag {
		case abi.TagKey:
			r.keys = append(r.keys, string(f.Value))
		case abi.TagValue:
			r.value = f.Value
		case abi.TagPrefix:
			r.prefix = string(f.Value)
		}
	}
	return r, nil
}
