package bulk

import "bytes"

// datesTried is how many documents of a request are searched for a time.
const datesTried = 64

// dates looks for a time that is finer than a second: a request that holds one hardly
// comes a second time but when it is repeated.
type dates struct {
	left int
	done bool
}

// timeFields are the names that senders give the time.
var timeFields = [][]byte{[]byte(`"@timestamp"`), []byte(`"timestamp"`), []byte(`"time"`), []byte(`"ts"`), []byte(`"date"`), []byte(`"event_time"`)}

// finer says whether the document tells such a time. After one was found, or after many
// documents without one, it is not asked again.
func (d *dates) finer(document []byte) bool {
	if d.done || d.left <= 0 {
		return false
	}
	d.left--
	for _, name := range timeFields {
		i := bytes.Index(document, name)
		if i < 0 {
			continue
		}
		value := bytes.TrimLeft(document[i+len(name):], ": \t")
		if quoted, ok := bytes.CutPrefix(value, []byte{'"'}); ok {
			value, _, _ = bytes.Cut(quoted, []byte{'"'})
		} else if i = bytes.IndexAny(value, ",}"); i >= 0 {
			value = value[:i]
		}
		if fraction(value) {
			d.done = true
			return true
		}
	}
	return false
}

// fraction says whether a time's text has digits behind the second that are not zero: of
// "10:00:00.123Z" or 1700000000.5, or the last digits of Unix milliseconds and finer.
func fraction(value []byte) bool {
	value = bytes.TrimSpace(value)
	if dot := bytes.IndexAny(value, ".,"); dot >= 0 {
		for _, c := range value[dot+1:] {
			if c < '0' || c > '9' {
				break
			}
			if c != '0' {
				return true
			}
		}
		return false
	}
	if len(value) < 13 || len(value) > 19 {
		return false
	}
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(bytes.Trim(value[10:], "0")) > 0
}
