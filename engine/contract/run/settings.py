"""How a run trains, and how a person says so."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.contract.parameters import parameter
from engine.contract.text.messages import UserError
from engine.contract.text.reasons import reason_of


class TrainSettings(BaseModel):
    """How long and how hard to train; `threads` per process, `learning_rate` at the top of the schedule."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = parameter(
        20,
        ("Epochs", "训练轮数"),
        ("Passes over the training pictures", "遍历训练图片的次数"),
        ge=0,
        le=10000,
        simple=True,
    )
    batch_size: int = parameter(
        8,
        ("Batch size", "批大小"),
        ("Pictures in one optimiser step", "每个优化步使用的图片数"),
        ge=1,
        le=512,
        simple=True,
    )
    learning_rate: float = parameter(
        1e-3,
        ("Learning rate", "学习率"),
        ("Rate at the top of the schedule", "学习率调度的最高值"),
        gt=0,
        le=10,
        simple=True,
    )
    optimizer: Literal["adam", "momentum"] = parameter(
        "adam",
        ("Optimiser", "优化器"),
        ("Rule that moves the weights", "更新权重的规则"),
        labels={"adam": ("Adam", "Adam"), "momentum": ("Momentum", "动量")},
    )
    weight_decay: float = parameter(
        5e-4, ("Weight decay", "权重衰减"), ("L2 decay of convolution weights", "卷积权重的 L2 衰减系数"), ge=0, le=1
    )
    seed: int = parameter(0, ("Seed", "随机种子"), ("Seed of all randomness", "所有随机过程的种子"), ge=0)
    evaluate_every: int = parameter(
        1,
        ("Evaluate every", "评估间隔"),
        ("Epochs between evaluations on val; 0 for none", "每隔多少轮在验证集上评估一次；0 表示不评估"),
        ge=0,
        simple=True,
    )
    stop_after: int = parameter(
        0,
        ("Stop after", "提前停止"),
        ("Evaluations without a better mAP that end it; 0 for never", "mAP 连续多少次评估没有提升即停止；0 表示从不"),
        ge=0,
    )
    checkpoint_every: int = parameter(
        200,
        ("Checkpoint every", "检查点间隔"),
        ("Optimiser steps between checkpoints", "每隔多少优化步保存检查点"),
        ge=1,
    )
    threads: int = parameter(
        0,
        ("Threads", "线程数"),
        ("Threads of the numeric library; 0 for all cores", "数值计算库使用的线程数；0 表示使用所有核心"),
        ge=0,
    )
    augment: Literal["none", "light", "full"] = parameter(
        "light",
        ("Augmentation", "数据增强"),
        (
            "Random changes of training pictures; light suits short runs",
            "训练图片的随机变化；轻度适合小输入和短训练，完整即 ppdet 的增强",
        ),
        labels={"none": ("None", "无"), "light": ("Light", "轻度"), "full": ("Full", "完整")},
        simple=True,
    )
    ema: float = parameter(
        0.0,
        ("Averaging (EMA)", "权重平均 (EMA)"),
        ("Decay of the averaged weights; 0 for none", "平均权重的衰减系数；0 表示不平均"),
        ge=0,
        lt=1,
    )


def read_settings(pairs: Sequence[str], given: Mapping[str, Any]) -> TrainSettings:
    """Settings from `key=value` words over those that are given; raises UserError that names the key and its bounds."""
    values = dict(given)
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or key not in TrainSettings.model_fields:
            near = difflib.get_close_matches(key, TrainSettings.model_fields, n=1)
            raise UserError("train.setting_unknown", given=pair, known=", ".join(near or TrainSettings.model_fields))
        values[key] = value
    try:
        return TrainSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key, value = str(first["loc"][0]), str(first["input"])
        raise UserError("train.setting", key=key, given=value, reason=reason_of(first)) from error
