package openapi

import "tongbao/internal/pay"

// assignedTo is the operator who has taken a dispute on.
func (l *look) assignedTo(dispute string) *string {
	if l.err != nil {
		return nil
	}
	a, _, err := pay.Assignments.Read(l.ctx, l.s.opt.Engine.Store(), dispute)
	l.err = err
	return maybe(a.Operator)
}
