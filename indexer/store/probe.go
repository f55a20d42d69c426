package store

// probe asks the filters, the segment's first if it has one, for a key.
func (e *evaluation) probe(key uint64, in Bits) Bits {
	if in.empty() || !e.open() {
		return in
	}
	if e.seg.version == 1 && !e.has(&e.seg.Filter, key) {
		return e.ruled(in, make(Bits, len(in)), bySegmentFilter)
	}
	return e.keep(in, func(f *filterParams) bool { return e.has(f, key) })
}

// grams asks the blocks' filters for the grams of a part of a word with digits.
func (e *evaluation) grams(part []byte, in Bits) Bits {
	var keys []uint64
	grams(part, func(key uint64) { keys = append(keys, key) })
	if len(keys) == 0 {
		return in
	}
	return e.keep(in, func(f *filterParams) bool { return e.hasAll(f, keys) || e.has(f, noGrams) })
}

// keep narrows in to the blocks whose filter is not ruled out.
func (e *evaluation) keep(in Bits, may func(*filterParams) bool) Bits {
	if in.empty() || !e.open() {
		return in
	}
	out := make(Bits, len(in))
	for i := range e.seg.Blocks {
		if in.Has(i) && may(&e.seg.Blocks[i].Filter) {
			out[i/64] |= 1 << (i % 64)
		}
	}
	return e.ruled(in, out, byBlockFilter)
}

// quietly returns the blocks whose filter has all keys.
func (e *evaluation) quietly(keys []uint64, in Bits) Bits {
	why := e.why
	e.why = nil
	defer func() { e.why = why }()
	return e.keep(in, func(f *filterParams) bool { return e.hasAll(f, keys) })
}

func (e *evaluation) hasAll(f *filterParams, keys []uint64) bool {
	for _, key := range keys {
		if !e.has(f, key) {
			return false
		}
	}
	return true
}

// has asks a filter; one that cannot be read says yes.
func (e *evaluation) has(f *filterParams, key uint64) bool {
	if e.err != nil {
		return true
	}
	yes, err := f.has(e.read, key)
	if err != nil {
		e.err = err
		return true
	}
	return yes
}

// open makes the filters readable.
func (e *evaluation) open() bool {
	if e.read == nil && e.err == nil {
		if e.file, e.err = e.seg.open(); e.err != nil {
			e.file = nil
			return false
		}
		e.read = &filterReader{file: e.file, base: e.seg.FilterBase, size: e.seg.FilterSize, sums: e.seg.FilterPageSums}
	}
	return e.err == nil
}
