package alipay

import "tongbao/internal/party"

type agreementOut struct {
	agreementFields
	PrincipalID    string          `json:"principal_id,omitempty"`
	PrincipalType  string          `json:"pricipal_type,omitempty"` // so it is spelt
	PrincipalOpen  string          `json:"principal_open_id,omitempty"`
	SingleQuota    string          `json:"single_quota,omitempty"`
	LastDeductTime string          `json:"last_deduct_time,omitempty"`
	NextDeductTime string          `json:"next_deduct_time,omitempty"`
	ExecutionPlans []executionPlan `json:"execution_plans,omitempty"`
}

type executionPlan struct {
	SingleAmount string `json:"single_amount"`
	PeriodID     string `json:"period_id"`
	ExecuteTime  string `json:"execute_time"`
	Latest       string `json:"latest_execute_time,omitempty"`
}

// plansShown is how many charges ahead an answer tells of.
const plansShown = 12

var agreementQuery = of(method{name: "alipay.user.agreement.query", v3: []string{"GET"}, right: party.View, prefix: noPrefix}, func(c *call, in *agreementIn) (any, error) {
	a, err := c.agreement(in)
	if err != nil {
		return nil, err
	}
	f, err := c.s.agreementFields(c.ctx, &a)
	if err != nil {
		return nil, err
	}
	out := agreementOut{agreementFields: f, SingleQuota: yuan(a.Most()), LastDeductTime: milli(a.Last)}
	if a.Person != 0 {
		out.PrincipalID, out.PrincipalType = party.FormatID(a.Person), "CARD"
	}
	for i, day := range a.Plans(plansShown) {
		if i == 0 {
			out.NextDeductTime = day
		}
		out.ExecutionPlans = append(out.ExecutionPlans, executionPlan{SingleAmount: yuan(a.Most()), PeriodID: periodID(a.Times + i + 1), ExecuteTime: day})
	}
	return out, nil
})
