package pipeline

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// An EventEncoder writes what EncodeEvents writes, whatever its memory held before.
func TestEventEncoderWritesWhatEncodeEventsWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x EventEncoder
		for range 3 {
			var have, want []Message
			for range rapid.IntRange(1, 4).Draw(t, "records") {
				events := drawEvents(t)
				w, err := EncodeEvents(1, events)
				if err != nil {
					t.Fatal(err)
				}
				h, err := x.Encode(1, events)
				if err != nil {
					t.Fatal(err)
				}
				have, want = append(have, h), append(want, w)
			}
			for i := range have { // when all are written: none is in another's memory
				if !bytes.Equal(have[i].Value, want[i].Value) {
					t.Fatalf("record %d: have %x, want %x", i, have[i].Value, want[i].Value)
				}
			}
			for i := range have {
				v := have[i].Value[:cap(have[i].Value)]
				for k := range v {
					v[k] = 0xff
				}
			}
			x.Recycle(have)
		}
	})
}

// What an EventEncoder keeps is bounded, is used again, and is nobody's that was not given.
func TestEventEncoderIsBounded(t *testing.T) {
	var x EventEncoder
	var small, large []Message
	for range 10 * maxFree {
		small = append(small, Message{Topic: TopicEvents, Value: make([]byte, 10)})
		large = append(large, Message{Topic: TopicEvents, Value: make([]byte, maxFreeBytes/4)})
	}
	x.Recycle(small)
	if len(x.free) != maxFree || x.size != 10*maxFree {
		t.Errorf("keeps %d, %d bytes", len(x.free), x.size)
	}
	x.Recycle(append([]Message{{Topic: TopicMatches, Value: make([]byte, 100)}}, large...))
	if len(x.free) != 4 || x.size != maxFreeBytes {
		t.Errorf("keeps %d, %d bytes", len(x.free), x.size)
	}
	if b := x.room(100); cap(b) != maxFreeBytes/4 || len(x.free) != 3 || x.size != maxFreeBytes*3/4 {
		t.Errorf("room of %d bytes; keeps %d, %d bytes", cap(b), len(x.free), x.size)
	}
	if b := x.room(maxFreeBytes); len(b) != maxFreeBytes || len(x.free) != 3 {
		t.Errorf("room of %d bytes; keeps %d", len(b), len(x.free))
	}
}
