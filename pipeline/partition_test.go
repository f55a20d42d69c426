package pipeline

import "testing"

// The hashes are those of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
func TestMurmur2IsKafkas(t *testing.T) {
	for key, want := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if have := int32(murmur2([]byte(key))); have != want {
			t.Errorf("murmur2(%q) = %d, want %d", key, have, want)
		}
	}
}

func TestPartitionFor(t *testing.T) {
	for _, test := range []struct {
		name    string
		key     string
		n, want int
	}{
		{"one partition", "any", 1, 0},
		{"none", "any", 0, 0},
		{"negative hash", "foobar", 10, int(uint32(0xd0e4757e)&0x7fffffff) % 10},
		{"positive hash", "abc", 10, 479470107 % 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			if have := PartitionFor([]byte(test.key), test.n); have != test.want {
				t.Errorf("partition %d, want %d", have, test.want)
			}
		})
	}
}
