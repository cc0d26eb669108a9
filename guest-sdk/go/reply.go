package postern

import "github.com/postern-project/postern/runtime/abi"

// records sends every reply to the host at once.
type records struct{}

var _ Replies = records{}

func (records) Value(key string, value []byte, version string) error {
	record := make([]byte, 0, 32+len(key)+len(value)+len(version))
	record = abi.Append(record, abi.TagKey, []byte(key))
	if version != "" {
		record = abi.Append(record, abi.TagVersion, []byte(version))
	}
	return emit(abi.Append(record, abi.TagValue, value))
}

func (records) Status(key string, s Status) error {
	record := make([]byte, 0, 32+len(key))
	record = abi.Append(record, abi.TagKey, []byte(key))
	return emit(abi.AppendUint32(record, abi.TagStatus, uint32(s)))
}

func emitKey(key string) error { return emit(abi.Append(nil, abi.TagKey, []byte(key))) }

func emit(record []byte) error { return done(rawEmit(pointer(record), uint32(len(record)))) }
