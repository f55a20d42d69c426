package templates

// node is a node of the tree of templates in which words are variable. Edges are pieces
// of skeletons, with a space before where the skeleton has one.
type node struct {
	next map[string]*node
	any  [2]*node // any word, without and with white space before it
	t    *template
}

func edge(sl *slot, first bool) string {
	if sl.flags&spaced != 0 && !first {
		return " " + sl.piece()
	}
	return sl.piece()
}

func gapOf(sl *slot, first bool) int {
	if sl.flags&spaced != 0 && !first {
		return 1
	}
	return 0
}

// insert adds a template; remove takes it out.
func (n *node) insert(t *template) {
	for i := range t.slots {
		sl := &t.slots[i]
		var next **node
		if sl.any() {
			next = &n.any[gapOf(sl, i == 0)]
			if *next == nil {
				*next = &node{}
			}
			n = *next
			continue
		}
		e := edge(sl, i == 0)
		c := n.next[e]
		if c == nil {
			if n.next == nil {
				n.next = make(map[string]*node)
			}
			c = &node{}
			n.next[e] = c
		}
		n = c
	}
	n.t = t
}

func (n *node) remove(t *template, i int) (empty bool) {
	if i == len(t.slots) {
		n.t = nil
	} else if sl := &t.slots[i]; sl.any() {
		g := gapOf(sl, i == 0)
		if n.any[g] != nil && n.any[g].remove(t, i+1) {
			n.any[g] = nil
		}
	} else {
		e := edge(sl, i == 0)
		if c := n.next[e]; c != nil && c.remove(t, i+1) {
			delete(n.next, e)
		}
	}
	return n.t == nil && len(n.next) == 0 && n.any[0] == nil && n.any[1] == nil
}

// search finds the template that fits slots, constants before variables from left to
// right; other than is not found. budget bounds the nodes that are visited.
func (n *node) search(slots []slot, i int, other *template, budget *int) *template {
	if *budget--; *budget < 0 {
		return nil
	}
	if i == len(slots) {
		if n.t == other {
			return nil
		}
		return n.t
	}
	sl := &slots[i]
	if !sl.any() && n.next != nil {
		if c := n.next[edge(sl, i == 0)]; c != nil {
			if t := c.search(slots, i+1, other, budget); t != nil {
				return t
			}
		}
	}
	if c := n.any[gapOf(sl, i == 0)]; c != nil && (sl.any() || sl.kind != punct) {
		return c.search(slots, i+1, other, budget)
	}
	return nil
}
