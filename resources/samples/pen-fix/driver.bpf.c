// SPDX-License-Identifier: MIT
//
// Larkfield Slate 10 pen tablet. Its descriptor calls the pen's lower button "In Range" and the proximity bit "Barrel
// Switch", so that every press of the button lifts the pen; it also claims half of the pressure range, no physical size and
// no unit for the tilt. The tilt itself counts from the wrong side on both axes.
//
// hid_rdesc_fixup replaces the descriptor, hid_device_event turns the tilt round, and probe() takes only tablets that
// still have the faulty descriptor: the same product with newer firmware is left alone.

#include "vmlinux.h"
#include "hid_bpf.h"
#include "hid_bpf_helpers.h"
#include "hid_report_helpers.h"
#include <bpf/bpf_tracing.h>

HID_BPF_CONFIG(
	HID_DEVICE(BUS_USB, HID_GROUP_GENERIC, 0x6b1d, 0x0202)
);

#define PEN_REPORT 7
#define PEN_REPORT_SIZE 10
#define TILT_X 8
#define TILT_Y 9

// What the faulty descriptor looks like: its length, and where it names the two bits.
#define FAULTY_SIZE 87
#define SECOND_BIT 23
#define SIXTH_BIT 35
#define IN_RANGE 0x32
#define BARREL_SWITCH 0x44

static const __u8 fixed_rdesc[] = {
	UsagePage_Digitizers
	Usage_Dig_Pen
	CollectionApplication(
		ReportId(PEN_REPORT)
		Usage_Dig_Stylus
		CollectionPhysical(
			LogicalMinimum_i8(0)
			LogicalMaximum_i8(1)
			ReportSize(1)
			ReportCount(4)
			Usage_Dig_TipSwitch
			Usage_Dig_BarrelSwitch
			Usage_Dig_Eraser
			Usage_Dig_Invert
			Input(Var|Abs)
			ReportCount(1)
			Input(Const)
			Usage_Dig_InRange
			Input(Var|Abs)
			ReportCount(2)
			Input(Const)
			ReportSize(16)
			ReportCount(1)
			PushPop(
				UsagePage_GenericDesktop
				Unit(cm)
				UnitExponent(-2)
				Usage_GD_X
				LogicalMaximum_i16(25600)
				PhysicalMaximum_i16(2560)
				Input(Var|Abs)
				Usage_GD_Y
				LogicalMaximum_i16(16000)
				PhysicalMaximum_i16(1600)
				Input(Var|Abs)
			)
			Usage_Dig_TipPressure
			LogicalMaximum_i16(8191)
			Input(Var|Abs)
			ReportSize(8)
			ReportCount(2)
			LogicalMinimum_i8(-60)
			LogicalMaximum_i8(60)
			PhysicalMinimum_i8(-60)
			PhysicalMaximum_i8(60)
			Unit(deg)
			Usage_Dig_XTilt
			Usage_Dig_YTilt
			Input(Var|Abs)
		)
	)
};

SEC(HID_BPF_RDESC_FIXUP)
int BPF_PROG(fix_descriptor, struct hid_bpf_ctx *hctx)
{
	__u8 *rdesc = hid_bpf_get_data(hctx, 0, HID_MAX_DESCRIPTOR_SIZE);

	if (!rdesc)
		return 0;
	__builtin_memcpy(rdesc, fixed_rdesc, sizeof(fixed_rdesc));
	return sizeof(fixed_rdesc);
}

SEC(HID_BPF_DEVICE_EVENT)
int BPF_PROG(turn_tilt, struct hid_bpf_ctx *hctx)
{
	__u8 *report = hid_bpf_get_data(hctx, 0, PEN_REPORT_SIZE);

	if (!report || report[0] != PEN_REPORT || hctx->size < PEN_REPORT_SIZE)
		return 0;
	report[TILT_X] = -report[TILT_X];
	report[TILT_Y] = -report[TILT_Y];
	return 0;
}

HID_BPF_OPS(pen_fix) = {
	.hid_device_event = (void *)turn_tilt,
	.hid_rdesc_fixup = (void *)fix_descriptor,
};

SEC("syscall")
int probe(struct hid_bpf_probe_args *ctx)
{
	ctx->retval = -EINVAL;
	if (ctx->rdesc_size != FAULTY_SIZE)
		return 0;
	if (ctx->rdesc[SECOND_BIT] == IN_RANGE && ctx->rdesc[SIXTH_BIT] == BARREL_SWITCH)
		ctx->retval = 0;
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
