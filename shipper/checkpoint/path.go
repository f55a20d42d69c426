package checkpoint

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"
)

// JSON holds nothing but UTF-8, and a path is any bytes but NUL: one that is not UTF-8
// stands in the file as NUL and its bytes in base64.
const notUTF8 = "\x00"

// escaped returns st as it stands in the file.
func escaped(st *State) *State {
	out := *st
	for i, f := range st.Files {
		if utf8.ValidString(f.Path) && utf8.ValidString(f.Seen) {
			continue
		}
		if &out.Files[0] == &st.Files[0] {
			out.Files = slices.Clone(st.Files)
		}
		out.Files[i].Path, out.Files[i].Seen = escape(f.Path), escape(f.Seen)
	}
	return &out
}

func escape(path string) string {
	if utf8.ValidString(path) {
		return path
	}
	return notUTF8 + base64.StdEncoding.EncodeToString([]byte(path))
}

// unescape is the inverse of escape. What is no escaped path is left as it is.
func unescape(s string) string {
	text, ok := strings.CutPrefix(s, notUTF8)
	if !ok {
		return s
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return s
	}
	return string(b)
}
