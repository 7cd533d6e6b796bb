package report

import "github.com/diagnops/diagnops/engine/model"

// diagnosedCohorts are the hit of two comparisons: one label separates the requests, and another is the same servers.
func diagnosedCohorts() *model.Cohorts {
	where := []model.CohortCondition{{Label: "version", Value: "2.3"}}
	found := said(`lb: {version="2.3"} has 97 % of it`, `lb: {version="2.3"}이(가) 97 %를 차지함`)
	value, low, high := 0.41, 0.33, 0.49
	return &model.Cohorts{
		SeparatedBy: []model.Separation{{
			Component: "lb", Signal: "errors_5xx", Where: where, Units: 6, Others: 6, ShareOfBadness: 0.97, ShareOfExposure: 0.5,
			Effect: model.CohortEffect{Kind: "difference", Unit: "ratio", Value: &value, Low: &low, High: &high}, P: 0.002, CorrectedP: 0.008, Text: found,
		}},
		Indistinguishable: []model.Indistinguishable{{
			Component: "lb", From: where, Where: []model.CohortCondition{{Label: "domain:rack", Value: "r12", Not: true}}, SameUnits: true,
			Text:       said(`{version="2.3"} and {domain:rack!="r12"} are the same units`, `{version="2.3"}와(과) {domain:rack!="r12"}은(는) 같은 단위들임`),
			Experiment: said("put version 2.3 into rack r12", "랙 r12에 2.3 버전을 올릴 것"),
		}},
		Tested: 5,
		Compared: []model.Comparison{
			{Component: "lb", Signal: "errors_5xx", Unit: "instance", Units: 12, Labels: []string{"version", "zone"}, Separated: true, Text: found},
			{
				Component: "lb", Signal: "errors_5xx", Unit: "instance, path", Units: 36, Labels: []string{"path"},
				Text: said("lb: no label separates it", "lb: 가르는 레이블이 없음"),
			},
		},
	}
}
