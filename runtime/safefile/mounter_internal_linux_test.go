package safefile

import "testing"

// TestMounters_TM212: on a file system of FUSE, the owners are what the program of its
// mounter says. So every file there counts as the mounter's.
func TestMounters_TM212(t *testing.T) {
	t.Parallel()
	const mounts = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" +
		"42 22 0:39 / /tmp/x rw,nosuid shared:7 master:2 - fuse.user_id=0 user_id=0 rw,user_id=1001,group_id=1001,allow_other\n" +
		"43 22 0:40 / /data rw - fuseblk /dev/sdb1 rw,user_id=0,group_id=0,allow_other\n" +
		"44 22 0:41 / /host rw - virtiofs host rw\n" +
		"45 22 0:42 / /odd rw - fuse odd rw\n"
	for device, want := range map[string]struct {
		uid uint32
		ok  bool
	}{
		"8:1":  {0, false},
		"0:39": {1001, true},
		"0:40": {0, true},
		"0:41": {0, false},
		"0:42": {unknownMounter, true},
		"0:43": {unknownMounter, true}, // not among the mounts that can be seen
	} {
		if uid, ok := mounterOf(mounts, device); uid != want.uid || ok != want.ok {
			t.Errorf("mounterOf(%s) = %d, %v, want %d, %v", device, uid, ok, want.uid, want.ok)
		}
	}
}
