package agent

// maxRecent bounds what is remembered of the past: a few MB at most.
const maxRecent = 10_000

// recent remembers the last maxRecent keys that were put in. The zero value is
// ready. It has no lock of its own.
type recent[K comparable] struct {
	keys  map[K]struct{}
	order []K // a ring once it is full
	next  int
}

func (r *recent[K]) has(key K) bool {
	_, ok := r.keys[key]
	return ok
}

func (r *recent[K]) add(key K) {
	if r.has(key) {
		return
	}
	if r.keys == nil {
		r.keys = map[K]struct{}{}
	}
	r.keys[key] = struct{}{}
	if len(r.order) < maxRecent {
		r.order = append(r.order, key)
		return
	}
	delete(r.keys, r.order[r.next])
	r.order[r.next] = key
	r.next = (r.next + 1) % maxRecent
}
