"""Which dtypes backends run, and which they refuse. Written by `python -m tools.accepted_dtypes`."""

#: For each backend the dtypes on which nothing can be run, with the layers and operations.
REFUSED = {
    "jax": {
        "": """
            Discretization:output_mode=count Discretization:output_mode=one_hot ReLU:negative_slope
            ReLU:threshold Resizing:interpolation=bicubic Resizing:interpolation=lanczos3
            Resizing:interpolation=lanczos5 Resizing:interpolation=nearest
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5
            ops.image.resize:interpolation=bicubic ops.image.resize:interpolation=lanczos3
            ops.image.resize:interpolation=lanczos5 ops.image.resize:interpolation=nearest
        """,
        "bool": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D Attention
            AveragePooling1D AveragePooling2D AveragePooling3D CategoryEncoding:output_mode=count
            CategoryEncoding:output_mode=one_hot PReLU ReLU:negative_slope:threshold Softmax
            Subtract ops.cdist ops.cross ops.kron ops.log_sigmoid ops.log_softmax ops.negative
            ops.one_hot ops.psnr ops.ptp ops.round ops.sign ops.softmax ops.subtract ops.vander
        """,
        "bool complex64 complex128": """
            ReLU:negative_slope:max_value ops.argpartition
        """,
        "bool float16 bfloat16 float32 float64 complex64 complex128": """
            ops.gcd ops.lcm
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64": """
            Dot:normalize UnitNormalization ops.glu ops.image.gaussian_blur ops.normalize ops.rsqrt
            ops.sigmoid ops.silu
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D
            RandomSaturation STFTSpectrogram SeparableConv1D SeparableConv2D ops.erf
            ops.image.elastic_transform ops.quantile
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.stft
        """,
        "complex64 complex128": """
            AutoContrast Bidirectional ContrastLimitedAdaptiveHistogramEqualization GRU LSTM RNN
            RandomBrightness RandomContrast ReLU:max_value ReLU:threshold:max_value SimpleRNN
            ops.binary_crossentropy ops.categorical_crossentropy ops.cbrt ops.ceil ops.clip
            ops.ctc_decode ops.erfc ops.erfinv ops.floor ops.floor_divide ops.fmod ops.heaviside
            ops.hypot ops.image.affine_transform ops.isneginf ops.isposinf ops.median ops.mod
            ops.nanargmax ops.nanargmin ops.nanmedian ops.nextafter ops.saturate_cast
            ops.sparse_sigmoid ops.top_k ops.trunc ops.unravel_index
        """,
        "float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_and ops.bitwise_left_shift ops.bitwise_or ops.bitwise_right_shift
            ops.bitwise_xor ops.left_shift ops.right_shift
        """,
        "float8_e4m3fn float8_e5m2": """
            GroupNormalization LayerNormalization ops.image.perspective_transform
            ops.image.rgb_to_grayscale ops.layer_normalization ops.norm ops.rms_normalization
            ops.view_as_complex
        """,
        "float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.argmax ops.argmin ops.signbit ops.sparse_categorical_crossentropy
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky ops.det ops.eig ops.eigh ops.inv ops.logdet ops.lstsq ops.lu_factor
            ops.matrix_rank ops.pinv ops.qr ops.slogdet ops.solve ops.svd
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.polar ops.rfft
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_invert ops.bitwise_not
        """,
        "uint8 uint16 uint32 uint64": """
            ops.image.sobel_edges
        """,
    },
    "tensorflow": {
        "": """
            CategoryEncoding:output_mode=count CategoryEncoding:output_mode=one_hot
        """,
        "bfloat16": """
            ops.i0
        """,
        "bool": """
            Add Average Multiply Subtract ops.add ops.cdist ops.conjugate ops.hypot ops.kron
            ops.multiply ops.power ops.subtract
        """,
        "bool complex64 complex128": """
            Activation AdditiveAttention LeakyReLU Maximum Minimum RandomBrightness ReLU
            ReLU:max_value ReLU:negative_slope ReLU:threshold ReLU:threshold:max_value ops.cross
            ops.floor_divide ops.fmax ops.fmin ops.heaviside ops.maximum ops.minimum
        """,
        "bool float16 bfloat16 float32 float64 complex64 complex128": """
            HashedCrossing ops.bitwise_and ops.bitwise_left_shift ops.bitwise_or
            ops.bitwise_right_shift ops.bitwise_xor ops.gcd ops.lcm ops.left_shift ops.right_shift
        """,
        "bool float8_e4m3fn float8_e5m2": """
            ops.fold ops.psnr ops.real ops.unfold ops.view ops.view_as_real
        """,
        "bool float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.greater ops.greater_equal ops.leaky_relu ops.less ops.less_equal ops.ptp ops.relu
            ops.relu6 ops.round ops.searchsorted ops.top_k ops.unique ops.unravel_index
        """,
        "bool float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_invert ops.bitwise_not
        """,
        "bool uint16 uint32 uint64 int8 int16 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.affine_transform
        """,
        "bool uint32 uint64 complex64 complex128": """
            AdaptiveMaxPooling1D AdaptiveMaxPooling2D MaxPooling1D MaxPooling2D Resizing
            Resizing:interpolation=area Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
            Resizing:interpolation=nearest UpSampling2D:interpolation=area
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5
        """,
        "bool uint32 uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.resize ops.image.resize:interpolation=area
            ops.image.resize:interpolation=bicubic ops.image.resize:interpolation=lanczos3
            ops.image.resize:interpolation=lanczos5 ops.image.resize:interpolation=nearest
            ops.max_pool
        """,
        "bool uint64 float8_e4m3fn float8_e5m2": """
            ops.sign
        """,
        "bool uint8 uint16 uint32 uint64": """
            ops.geomspace
        """,
        "bool uint8 uint16 uint32 uint64 float8_e4m3fn float8_e5m2": """
            ops.negative
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 complex64 complex128": """
            ops.dot_product_attention
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 float8_e4m3fn float8_e5m2": """
            ops.moments
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 bfloat16 complex64 complex128": """
            STFTSpectrogram
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling2D Attention AveragePooling1D
            AveragePooling2D Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose
            ConvLSTM1D ConvLSTM2D ConvLSTM3D DepthwiseConv1D DepthwiseConv2D Dot:normalize ELU
            PReLU RandomContrast RandomSaturation ReLU:negative_slope:max_value
            ReLU:negative_slope:threshold SeparableConv1D SeparableConv2D Softmax UnitNormalization
            ops.erfc
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float64 complex64 complex128": """
            AdaptiveAveragePooling3D AdaptiveMaxPooling3D AveragePooling3D MaxPooling3D
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.batch_normalization ops.glu ops.hard_shrink ops.reciprocal ops.rsqrt ops.sigmoid
            ops.silu ops.squareplus ops.tanh_shrink
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 bfloat16": """
            ops.inv ops.qr
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.average_pool ops.binary_crossentropy ops.categorical_crossentropy ops.celu
            ops.depthwise_conv ops.elu ops.erf ops.erfinv ops.gelu ops.hard_sigmoid ops.hard_silu
            ops.hard_tanh ops.image.elastic_transform ops.image.gaussian_blur
            ops.image.map_coordinates ops.image.sobel_edges ops.log_sigmoid ops.log_softmax
            ops.logsumexp ops.normalize ops.selu ops.separable_conv ops.soft_shrink ops.softmax
            ops.softplus ops.softsign ops.sparse_categorical_crossentropy ops.sparse_plus
            ops.sparse_sigmoid ops.sparsemax ops.threshold
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky_inverse ops.det ops.eig ops.eigh ops.logdet ops.lstsq ops.lu_factor
            ops.slogdet ops.solve ops.solve_triangular ops.svd
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.cholesky ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.matrix_rank ops.pinv
            ops.polar ops.rfft ops.stft
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64": """
            ops.view_as_complex
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.conv ops.image.extract_patches
        """,
        "complex64 complex128": """
            AutoContrast Bidirectional ContrastLimitedAdaptiveHistogramEqualization GRU
            GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupQueryAttention LSTM
            MultiHeadAttention RNN SimpleRNN ops.arctan2 ops.ceil ops.ctc_decode ops.floor ops.fmod
            ops.isfinite ops.isinf ops.isnan ops.logaddexp ops.logaddexp2 ops.median ops.mod
            ops.nan_to_num ops.nanmax ops.nanmedian ops.nanmin ops.nanpercentile ops.nanquantile
            ops.nanstd ops.nanvar ops.quantile
        """,
        "float64": """
            MelSpectrogram
        """,
        "float8_e4m3fn float8_e5m2": """
            ops.absolute ops.allclose ops.count_nonzero ops.cumprod ops.cumsum ops.depth_to_space
            ops.diag ops.diagflat ops.diagonal ops.diff ops.empty_like ops.equal ops.exp ops.exp2
            ops.expm1 ops.fabs ops.flip ops.fliplr ops.flipud ops.full_like ops.imag
            ops.image.hsv_to_rgb ops.image.pad_images ops.image.rgb_to_grayscale
            ops.image.rgb_to_hsv ops.isclose ops.layer_normalization ops.multi_hot ops.nanprod
            ops.norm ops.not_equal ops.one_hot ops.ones_like ops.prod ops.repeat
            ops.rms_normalization ops.roll ops.rot90 ops.space_to_depth ops.square ops.std
            ops.trace ops.tril ops.triu ops.vander ops.zeros_like
        """,
        "float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.amax ops.amin ops.argmax ops.argmin ops.argsort ops.clip ops.image.ssim ops.isin
            ops.max ops.min ops.nanargmax ops.nanargmin ops.nancumprod ops.nancumsum ops.percentile
            ops.sort ops.trunc
        """,
        "uint16 float8_e4m3fn float8_e5m2": """
            ops.tile
        """,
        "uint64": """
            ops.corrcoef
        """,
        "uint64 complex64 complex128": """
            Discretization Discretization:output_mode=count Discretization:output_mode=one_hot
        """,
        "uint64 float8_e4m3fn float8_e5m2": """
            ops.deg2rad ops.rad2deg
        """,
        "uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.digitize ops.saturate_cast
        """,
    },
    "torch": {
        "bool uint64": """
            Subtract ops.cdist ops.cross ops.power ops.subtract
        """,
        "bool uint64 complex64 complex128": """
            Activation MaxPooling2D MaxPooling3D PReLU RandomContrast ReLU ReLU:max_value
            ops.floor_divide ops.hypot ops.linspace
        """,
        "bool uint64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_left_shift ops.bitwise_right_shift ops.gcd ops.lcm ops.left_shift
            ops.right_shift
        """,
        "bool uint64 float8_e4m3fn float8_e5m2": """
            ops.conv ops.depthwise_conv ops.image.extract_patches ops.image.sobel_edges
            ops.negative ops.separable_conv ops.softsign ops.tanh_shrink
        """,
        "bool uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.affine_transform ops.image.map_coordinates ops.max_pool ops.ptp ops.relu
            ops.relu6 ops.round ops.searchsorted ops.sparsemax ops.threshold ops.top_k
        """,
        "bool uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.unravel_index
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
            AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Attention Conv1D
            Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D
            ConvLSTM3D DepthwiseConv1D DepthwiseConv2D ELU EinsumDense GroupQueryAttention
            LeakyReLU MaxPooling1D MultiHeadAttention RandomSaturation ReLU:negative_slope
            ReLU:negative_slope:max_value ReLU:negative_slope:threshold SeparableConv1D
            SeparableConv2D Softmax ops.dot_product_attention
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.batch_normalization ops.moments ops.psnr ops.silu
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.binary_crossentropy ops.celu ops.elu ops.gelu ops.glu ops.hard_shrink
            ops.hard_sigmoid ops.hard_silu ops.image.elastic_transform ops.image.gaussian_blur
            ops.leaky_relu ops.log_sigmoid ops.log_softmax ops.selu ops.soft_shrink ops.softmax
            ops.softplus
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky ops.det ops.eig ops.eigh ops.inv ops.logdet ops.lstsq ops.lu_factor
            ops.matrix_rank ops.pinv ops.qr ops.slogdet ops.solve ops.solve_triangular ops.svd
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.stft
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64": """
            ops.imag ops.view_as_real
        """,
        "bool uint8 uint16 uint64 int8 int16 int32 complex64 complex128": """
            AveragePooling1D AveragePooling2D
        """,
        "bool uint8 uint16 uint64 int8 int16 int32 float16 bfloat16 complex64 complex128": """
            AveragePooling3D
        """,
        "bool uint8 uint16 uint64 int8 int16 int32 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.average_pool
        """,
        "bool uint8 uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.hard_tanh
        """,
        "float8_e4m3fn float8_e5m2": """
            ops.image.hsv_to_rgb ops.image.rgb_to_hsv
        """,
        "uint64": """
            ActivityRegularization Add AlphaDropout AugMix Average BatchNormalization Bidirectional
            CategoryEncoding CategoryEncoding:output_mode=count
            CategoryEncoding:output_mode=one_hot CenterCrop Concatenate Cropping1D Cropping2D
            Cropping3D CutMix Dense Dot Dropout Embedding Flatten GRU GaussianDropout GaussianNoise
            GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GroupNormalization
            Identity LSTM Masking MelSpectrogram MixUp Multiply Normalization Permute
            RMSNormalization RNN RandAugment RandomColorDegeneration RandomColorJitter RandomCrop
            RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale
            RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation
            RandomSharpness RandomShear RandomTranslation RandomZoom RepeatVector Rescaling Reshape
            Resizing Resizing:interpolation=bicubic Resizing:interpolation=nearest
            ReversibleEmbedding SimpleRNN Solarization SpatialDropout1D SpatialDropout2D
            SpatialDropout3D SpectralNormalization TimeDistributed UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear UpSampling3D
            ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.absolute ops.add ops.all ops.angle
            ops.any ops.append ops.arccos ops.arccosh ops.arcsin ops.arcsinh ops.arctan ops.arctanh
            ops.argpartition ops.array ops.array_split ops.average ops.broadcast_to ops.cast
            ops.concatenate ops.conjugate ops.convert_to_tensor ops.copy ops.corrcoef ops.correlate
            ops.cos ops.cosh ops.depth_to_space ops.diag ops.diagflat ops.diagonal ops.divide
            ops.divide_no_nan ops.dot ops.dsplit ops.dstack ops.empty_like ops.equal
            ops.expand_dims ops.extract_sequences ops.fabs ops.flipud ops.full_like ops.get_item
            ops.hsplit ops.hstack ops.i0 ops.image.crop_images ops.image.pad_images
            ops.image.resize ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=nearest ops.inner ops.isnan ops.isreal ops.kron ops.log
            ops.log10 ops.log1p ops.log2 ops.logaddexp ops.matmul ops.mean ops.moveaxis
            ops.multiply ops.nextafter ops.not_equal ops.one_hot ops.ones_like ops.outer ops.ravel
            ops.real ops.repeat ops.reshape ops.roll ops.sin ops.sinc ops.sinh ops.size
            ops.space_to_depth ops.split ops.sqrt ops.squeeze ops.stack ops.stop_gradient ops.sum
            ops.swapaxes ops.tan ops.tanh ops.tensordot ops.tile ops.transpose ops.trapezoid
            ops.true_divide ops.unstack ops.var ops.view ops.vsplit ops.vstack ops.where
            ops.zeros_like
        """,
        "uint64 complex64 complex128": """
            AdditiveAttention AutoContrast ContrastLimitedAdaptiveHistogramEqualization
            Discretization Discretization:output_mode=count Discretization:output_mode=one_hot
            Dot:normalize GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
            LayerNormalization Maximum Minimum RandomBrightness ReLU:threshold
            ReLU:threshold:max_value UnitNormalization ops.arctan2 ops.ceil ops.ctc_decode ops.erfc
            ops.floor ops.fmax ops.fmin ops.fmod ops.geomspace ops.heaviside ops.logaddexp2
            ops.logspace ops.maximum ops.median ops.minimum ops.mod ops.nanmax ops.nanmean
            ops.nanmedian ops.nanmin ops.nanstd ops.nansum ops.nanvar ops.quantile
        """,
        "uint64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_and ops.bitwise_or ops.bitwise_xor
        """,
        "uint64 float8_e4m3fn": """
            ops.isfinite ops.isinf
        """,
        "uint64 float8_e4m3fn float8_e5m2": """
            ops.allclose ops.count_nonzero ops.cumprod ops.cumsum ops.diff ops.exp ops.exp2
            ops.expm1 ops.flip ops.fliplr ops.image.rgb_to_grayscale ops.isclose ops.logical_and
            ops.logical_not ops.logical_or ops.logical_xor ops.logsumexp ops.multi_hot
            ops.nan_to_num ops.nancumprod ops.nancumsum ops.nanprod ops.norm ops.prod
            ops.reciprocal ops.rms_normalization ops.rot90 ops.rsqrt ops.sigmoid ops.square
            ops.squareplus ops.std ops.trace ops.tril ops.triu ops.vander
        """,
        "uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.amax ops.amin ops.argmax ops.argmin ops.argsort ops.categorical_crossentropy
            ops.cbrt ops.clip ops.deg2rad ops.digitize ops.erf ops.erfinv ops.greater
            ops.greater_equal ops.image.ssim ops.isin ops.isneginf ops.isposinf
            ops.layer_normalization ops.less ops.less_equal ops.max ops.min ops.nanargmax
            ops.nanargmin ops.normalize ops.rad2deg ops.saturate_cast ops.sign ops.signbit ops.sort
            ops.sparse_categorical_crossentropy ops.sparse_plus ops.sparse_sigmoid ops.trunc
            ops.unique
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16": """
            ops.view_as_complex
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.polar ops.rfft
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_invert ops.bitwise_not
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.fold ops.unfold
        """,
    },
}
#: For each backend the layers that give the dtype of their integers when they run; Keras declares
#: their results as floats.
PASSES = {
    "jax": """
        Activation ActivityRegularization AdaptiveMaxPooling1D AdaptiveMaxPooling2D
        AdaptiveMaxPooling3D Add AlphaDropout Concatenate
        ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dot Dropout
        GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum Multiply RMSNormalization
        RandomBrightness ReLU ReLU:max_value ReLU:threshold ReLU:threshold:max_value RepeatVector
        Resizing Resizing:interpolation=bicubic Resizing:interpolation=lanczos3
        Resizing:interpolation=lanczos5 Resizing:interpolation=nearest SpatialDropout1D
        SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract UpSampling1D UpSampling2D
        UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
        UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5 UpSampling3D
        ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.searchsorted ops.view_as_real
    """,
    "tensorflow": """
        Activation ActivityRegularization AdaptiveMaxPooling1D AdaptiveMaxPooling2D Add
        AlphaDropout Concatenate ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D
        Cropping3D Dot Dropout GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D
        GlobalMaxPooling3D Masking MaxPooling1D MaxPooling2D Maximum Minimum Multiply
        RMSNormalization RandomBrightness ReLU ReLU:max_value ReLU:threshold
        ReLU:threshold:max_value RepeatVector Resizing Resizing:interpolation=area
        Resizing:interpolation=bicubic Resizing:interpolation=lanczos3
        Resizing:interpolation=lanczos5 Resizing:interpolation=nearest SpatialDropout1D
        SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract UpSampling1D UpSampling2D
        UpSampling2D:interpolation=area UpSampling2D:interpolation=bicubic
        UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=lanczos3
        UpSampling2D:interpolation=lanczos5 UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        ops.view_as_real
    """,
    "torch": """
        Activation ActivityRegularization Add AlphaDropout Concatenate
        ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dot Dropout
        GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        Masking MaxPooling2D MaxPooling3D Maximum Minimum Multiply RMSNormalization
        RandomBrightness ReLU ReLU:max_value ReLU:threshold ReLU:threshold:max_value RepeatVector
        Resizing Resizing:interpolation=bicubic Resizing:interpolation=nearest SpatialDropout1D
        SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract UpSampling1D UpSampling2D
        UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear UpSampling3D
        ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """,
}
#: For each backend a dtype and that of what is made of it when a model runs, where neither Keras
#: declares that one nor `PASSES` says so, with the layers and operations.
GIVES: dict[str, dict[str, str]] = {
    "jax": {
        "bool complex64": """
            ops.eig
        """,
        "bool float32": """
            ReLU:negative_slope ops.erfinv ops.heaviside ops.hypot ops.leaky_relu ops.elu ops.celu
            ops.gelu ops.soft_shrink ops.hard_shrink ops.squareplus ops.threshold ops.sparsemax
            ops.multi_hot ops.relu6 ops.hard_sigmoid ops.softplus ops.softsign ops.hard_silu
            ops.selu ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.moments ops.cholesky
            ops.inv ops.det ops.logdet ops.slogdet ops.eigh ops.lu_factor ops.qr ops.svd ops.pinv
            ops.solve ops.solve_triangular ops.lstsq ops.rfft ops.binary_crossentropy
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "bool int32": """
            ops.floor_divide ops.power ops.left_shift ops.right_shift ops.bitwise_left_shift
            ops.bitwise_right_shift ops.relu ops.hard_tanh ops.unravel_index ops.searchsorted
        """,
        "complex128 complex64": """
            Dense EinsumDense Identity Masking Add Average Maximum Minimum Multiply Subtract
            Concatenate Dot Dot:normalize Activation ELU LeakyReLU PReLU ReLU ReLU:negative_slope
            ReLU:threshold ReLU:negative_slope:threshold Softmax MaxPooling1D MaxPooling2D
            MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D GlobalMaxPooling1D
            GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D AdaptiveAveragePooling1D AdaptiveAveragePooling2D
            AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
            Dropout AlphaDropout GaussianDropout GaussianNoise ActivityRegularization
            SpatialDropout1D SpatialDropout2D SpatialDropout3D RMSNormalization UnitNormalization
            SpectralNormalization Flatten Reshape Permute RepeatVector Cropping1D Cropping2D
            Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=bicubic
            UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5 UpSampling3D
            TimeDistributed MultiHeadAttention GroupQueryAttention Resizing
            Resizing:interpolation=nearest Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5 RandomGrayscale
            ops.round ops.nan_to_num ops.tril ops.triu ops.sort ops.array ops.convert_to_tensor
            ops.empty_like ops.zeros_like ops.ones_like ops.full_like ops.cumsum ops.cumprod
            ops.negative ops.sign ops.square ops.rsqrt ops.reciprocal ops.exp ops.exp2 ops.expm1
            ops.stop_gradient ops.deg2rad ops.rad2deg ops.copy ops.conjugate ops.leaky_relu ops.elu
            ops.celu ops.gelu ops.glu ops.soft_shrink ops.hard_shrink ops.squareplus ops.threshold
            ops.softmax ops.log_softmax ops.sparsemax ops.normalize ops.relu ops.relu6 ops.sigmoid
            ops.hard_sigmoid ops.log_sigmoid ops.softplus ops.softsign ops.silu ops.hard_silu
            ops.selu ops.hard_tanh ops.tanh_shrink ops.sparse_plus ops.max ops.min ops.prod
            ops.logsumexp ops.moments ops.mean ops.amax ops.amin ops.transpose ops.reshape
            ops.expand_dims ops.squeeze ops.flip ops.roll ops.repeat ops.tile ops.moveaxis
            ops.swapaxes ops.broadcast_to ops.ravel ops.diagonal ops.trace ops.vsplit ops.hsplit
            ops.dsplit ops.array_split ops.unstack ops.flipud ops.fliplr ops.rot90 ops.diag
            ops.diagflat ops.view ops.split ops.get_item ops.image.resize
            ops.image.resize:interpolation=nearest ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=lanczos3 ops.image.resize:interpolation=lanczos5
            ops.nancumsum ops.nancumprod ops.unique ops.diff ops.nanprod ops.ptp ops.cholesky
            ops.inv ops.det ops.slogdet ops.eig ops.lu_factor ops.qr ops.svd ops.pinv ops.solve
            ops.solve_triangular ops.lstsq ops.vander ops.correlate ops.extract_sequences
            ops.image.rgb_to_grayscale ops.image.perspective_transform ops.image.gaussian_blur
            ops.image.sobel_edges ops.image.pad_images ops.image.crop_images
            ops.image.extract_patches ops.conv ops.depthwise_conv ops.separable_conv
            ops.batch_normalization ops.layer_normalization ops.rms_normalization
            ops.depth_to_space ops.space_to_depth ops.unfold ops.fold ops.psnr ops.image.ssim
        """,
        "complex128 float32": """
            ops.real ops.absolute ops.imag ops.angle ops.multi_hot ops.norm ops.std ops.nanstd
            ops.nanvar ops.logdet ops.eigh
        """,
        "complex64 complex64": """
            Dense EinsumDense Masking Add Average Maximum Minimum Multiply Subtract Concatenate Dot
            Dot:normalize Activation ELU LeakyReLU PReLU ReLU ReLU:negative_slope ReLU:threshold
            ReLU:negative_slope:threshold Softmax MaxPooling1D MaxPooling2D MaxPooling3D
            AveragePooling1D AveragePooling2D AveragePooling3D GlobalMaxPooling1D
            GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D AdaptiveAveragePooling1D AdaptiveAveragePooling2D
            AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
            Dropout AlphaDropout GaussianDropout GaussianNoise ActivityRegularization
            SpatialDropout1D SpatialDropout2D SpatialDropout3D RMSNormalization UnitNormalization
            RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
            UpSampling1D UpSampling2D UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=lanczos3
            UpSampling2D:interpolation=lanczos5 UpSampling3D TimeDistributed MultiHeadAttention
            GroupQueryAttention Resizing Resizing:interpolation=nearest
            Resizing:interpolation=bicubic Resizing:interpolation=lanczos3
            Resizing:interpolation=lanczos5 ops.reciprocal ops.deg2rad ops.rad2deg ops.normalize
            ops.logsumexp ops.correlate ops.psnr
        """,
        "complex64 float32": """
            ops.real ops.absolute ops.imag ops.angle ops.multi_hot ops.norm ops.std ops.nanstd
            ops.nanvar ops.logdet ops.eigh
        """,
        "int16 complex64": """
            ops.eig
        """,
        "int16 float32": """
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:negative_slope:max_value
            ops.erfinv ops.leaky_relu ops.elu ops.celu ops.gelu ops.soft_shrink ops.hard_shrink
            ops.squareplus ops.threshold ops.softmax ops.log_softmax ops.sparsemax ops.multi_hot
            ops.relu6 ops.hard_sigmoid ops.log_sigmoid ops.softplus ops.softsign ops.hard_silu
            ops.selu ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.moments ops.cholesky
            ops.inv ops.det ops.logdet ops.slogdet ops.eigh ops.lu_factor ops.qr ops.svd ops.pinv
            ops.solve ops.solve_triangular ops.lstsq ops.rfft ops.batch_normalization
            ops.binary_crossentropy ops.categorical_crossentropy
            ops.sparse_categorical_crossentropy
        """,
        "int16 int32": """
            ops.searchsorted
        """,
        "int32 complex64": """
            ops.eig
        """,
        "int32 float32": """
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:negative_slope:max_value
            ops.erfinv ops.leaky_relu ops.elu ops.celu ops.gelu ops.soft_shrink ops.hard_shrink
            ops.squareplus ops.threshold ops.softmax ops.log_softmax ops.sparsemax ops.multi_hot
            ops.relu6 ops.hard_sigmoid ops.log_sigmoid ops.softplus ops.softsign ops.hard_silu
            ops.selu ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.moments ops.cholesky
            ops.inv ops.det ops.logdet ops.slogdet ops.eigh ops.lu_factor ops.qr ops.svd ops.pinv
            ops.solve ops.solve_triangular ops.lstsq ops.rfft ops.batch_normalization
            ops.binary_crossentropy ops.categorical_crossentropy
            ops.sparse_categorical_crossentropy
        """,
        "int64 complex64": """
            ops.eig
        """,
        "int64 float32": """
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:negative_slope:max_value
            ops.erfinv ops.cbrt ops.deg2rad ops.rad2deg ops.i0 ops.leaky_relu ops.elu ops.celu
            ops.gelu ops.soft_shrink ops.hard_shrink ops.squareplus ops.threshold ops.softmax
            ops.log_softmax ops.sparsemax ops.multi_hot ops.relu6 ops.hard_sigmoid ops.log_sigmoid
            ops.softplus ops.softsign ops.hard_silu ops.selu ops.tanh_shrink ops.sparse_sigmoid
            ops.sparse_plus ops.moments ops.cholesky ops.inv ops.det ops.logdet ops.slogdet
            ops.eigh ops.lu_factor ops.qr ops.svd ops.pinv ops.solve ops.solve_triangular ops.lstsq
            ops.corrcoef ops.rfft ops.batch_normalization ops.binary_crossentropy
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "int64 int32": """
            Identity Masking Add Maximum Minimum Multiply Subtract Concatenate Dot Activation ReLU
            ReLU:threshold ReLU:max_value ReLU:threshold:max_value MaxPooling1D MaxPooling2D
            MaxPooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
            AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Dropout AlphaDropout
            GaussianDropout GaussianNoise ActivityRegularization SpatialDropout1D SpatialDropout2D
            SpatialDropout3D RMSNormalization SpectralNormalization Flatten Reshape Permute
            RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
            UpSampling1D UpSampling2D UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=lanczos3
            UpSampling2D:interpolation=lanczos5 UpSampling3D Resizing
            Resizing:interpolation=nearest Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
            ContrastLimitedAdaptiveHistogramEqualization RandomGrayscale RandomBrightness ops.real
            ops.round ops.clip ops.nan_to_num ops.tril ops.triu ops.sort ops.array
            ops.convert_to_tensor ops.empty_like ops.zeros_like ops.ones_like ops.full_like
            ops.cumsum ops.cumprod ops.absolute ops.negative ops.sign ops.square ops.trunc
            ops.stop_gradient ops.bitwise_invert ops.bitwise_not ops.copy ops.conjugate ops.imag
            ops.relu ops.hard_tanh ops.max ops.min ops.prod ops.top_k ops.amax ops.amin
            ops.transpose ops.reshape ops.expand_dims ops.squeeze ops.flip ops.roll ops.repeat
            ops.tile ops.moveaxis ops.swapaxes ops.broadcast_to ops.ravel ops.diagonal ops.trace
            ops.vsplit ops.hsplit ops.dsplit ops.array_split ops.unstack ops.flipud ops.fliplr
            ops.rot90 ops.diag ops.diagflat ops.view ops.split ops.get_item ops.image.resize
            ops.image.resize:interpolation=nearest ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=lanczos3 ops.image.resize:interpolation=lanczos5
            ops.unravel_index ops.nancumsum ops.nancumprod ops.unique ops.searchsorted ops.diff
            ops.nanprod ops.ptp ops.vander ops.extract_sequences ops.view_as_real
            ops.image.rgb_to_grayscale ops.image.affine_transform ops.image.perspective_transform
            ops.image.sobel_edges ops.image.map_coordinates ops.image.pad_images
            ops.image.crop_images ops.image.extract_patches ops.conv ops.depthwise_conv
            ops.separable_conv ops.layer_normalization ops.rms_normalization ops.depth_to_space
            ops.space_to_depth ops.unfold ops.fold ops.image.ssim
        """,
        "int8 complex64": """
            ops.eig
        """,
        "int8 float32": """
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:negative_slope:max_value
            ops.erfinv ops.leaky_relu ops.elu ops.celu ops.gelu ops.soft_shrink ops.hard_shrink
            ops.squareplus ops.threshold ops.softmax ops.log_softmax ops.sparsemax ops.multi_hot
            ops.relu6 ops.hard_sigmoid ops.log_sigmoid ops.softplus ops.softsign ops.hard_silu
            ops.selu ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.moments ops.cholesky
            ops.inv ops.det ops.logdet ops.slogdet ops.eigh ops.lu_factor ops.qr ops.svd ops.pinv
            ops.solve ops.solve_triangular ops.lstsq ops.rfft ops.batch_normalization
            ops.binary_crossentropy ops.categorical_crossentropy
            ops.sparse_categorical_crossentropy
        """,
        "int8 int32": """
            Dot ops.searchsorted
        """,
        "uint16 complex64": """
            ops.eig
        """,
        "uint16 float32": """
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:negative_slope:max_value
            ops.erfinv ops.leaky_relu ops.elu ops.celu ops.gelu ops.soft_shrink ops.hard_shrink
            ops.squareplus ops.threshold ops.softmax ops.log_softmax ops.sparsemax ops.multi_hot
            ops.relu6 ops.hard_sigmoid ops.log_sigmoid ops.softplus ops.softsign ops.hard_silu
            ops.selu ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.moments ops.cholesky
            ops.inv ops.det ops.logdet ops.slogdet ops.eigh ops.lu_factor ops.qr ops.svd ops.pinv
            ops.solve ops.solve_triangular ops.lstsq ops.rfft ops.batch_normalization
            ops.binary_crossentropy ops.categorical_crossentropy
            ops.sparse_categorical_crossentropy
        """,
        "uint16 int32": """
            ops.searchsorted
        """,
        "uint32 complex64": """
            ops.eig
        """,
        "uint32 float32": """
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:negative_slope:max_value
            ops.erfinv ops.leaky_relu ops.elu ops.celu ops.gelu ops.soft_shrink ops.hard_shrink
            ops.squareplus ops.threshold ops.softmax ops.log_softmax ops.sparsemax ops.multi_hot
            ops.relu6 ops.hard_sigmoid ops.log_sigmoid ops.softplus ops.softsign ops.hard_silu
            ops.selu ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.moments ops.cholesky
            ops.inv ops.det ops.logdet ops.slogdet ops.eigh ops.lu_factor ops.qr ops.svd ops.pinv
            ops.solve ops.solve_triangular ops.lstsq ops.rfft ops.batch_normalization
            ops.binary_crossentropy ops.categorical_crossentropy
            ops.sparse_categorical_crossentropy
        """,
        "uint32 int32": """
            ops.searchsorted
        """,
        "uint64 complex64": """
            ops.eig
        """,
        "uint64 float32": """
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:negative_slope:max_value
            ops.erfinv ops.cbrt ops.leaky_relu ops.elu ops.celu ops.gelu ops.soft_shrink
            ops.hard_shrink ops.squareplus ops.threshold ops.softmax ops.log_softmax ops.sparsemax
            ops.multi_hot ops.relu6 ops.hard_sigmoid ops.log_sigmoid ops.softplus ops.softsign
            ops.hard_silu ops.selu ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.moments
            ops.cholesky ops.inv ops.det ops.logdet ops.slogdet ops.eigh ops.lu_factor ops.qr
            ops.svd ops.pinv ops.solve ops.solve_triangular ops.lstsq ops.rfft
            ops.batch_normalization ops.binary_crossentropy ops.categorical_crossentropy
            ops.sparse_categorical_crossentropy
        """,
        "uint64 int32": """
            ops.searchsorted
        """,
        "uint64 uint32": """
            Identity Masking Add Maximum Minimum Multiply Subtract Concatenate Dot Activation ReLU
            ReLU:threshold ReLU:max_value ReLU:threshold:max_value MaxPooling1D MaxPooling2D
            MaxPooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
            AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Dropout AlphaDropout
            GaussianDropout GaussianNoise ActivityRegularization SpatialDropout1D SpatialDropout2D
            SpatialDropout3D RMSNormalization SpectralNormalization Flatten Reshape Permute
            RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
            UpSampling1D UpSampling2D UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=lanczos3
            UpSampling2D:interpolation=lanczos5 UpSampling3D Resizing
            Resizing:interpolation=nearest Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
            ContrastLimitedAdaptiveHistogramEqualization RandomGrayscale RandomBrightness ops.real
            ops.round ops.clip ops.nan_to_num ops.tril ops.triu ops.sort ops.array
            ops.convert_to_tensor ops.empty_like ops.zeros_like ops.ones_like ops.full_like
            ops.cumsum ops.cumprod ops.absolute ops.negative ops.sign ops.square ops.trunc
            ops.stop_gradient ops.bitwise_invert ops.bitwise_not ops.copy ops.conjugate ops.imag
            ops.relu ops.hard_tanh ops.max ops.min ops.prod ops.top_k ops.amax ops.amin
            ops.transpose ops.reshape ops.expand_dims ops.squeeze ops.flip ops.roll ops.repeat
            ops.tile ops.moveaxis ops.swapaxes ops.broadcast_to ops.ravel ops.diagonal ops.trace
            ops.vsplit ops.hsplit ops.dsplit ops.array_split ops.unstack ops.flipud ops.fliplr
            ops.rot90 ops.diag ops.diagflat ops.view ops.split ops.get_item ops.image.resize
            ops.image.resize:interpolation=nearest ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=lanczos3 ops.image.resize:interpolation=lanczos5
            ops.unravel_index ops.nancumsum ops.nancumprod ops.unique ops.diff ops.nanprod ops.ptp
            ops.vander ops.extract_sequences ops.view_as_real ops.image.rgb_to_grayscale
            ops.image.affine_transform ops.image.perspective_transform ops.image.map_coordinates
            ops.image.pad_images ops.image.crop_images ops.image.extract_patches ops.conv
            ops.depthwise_conv ops.separable_conv ops.layer_normalization ops.rms_normalization
            ops.depth_to_space ops.space_to_depth ops.unfold ops.fold ops.image.ssim
        """,
        "uint8 complex64": """
            ops.eig
        """,
        "uint8 float32": """
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:negative_slope:max_value
            ops.erfinv ops.leaky_relu ops.elu ops.celu ops.gelu ops.soft_shrink ops.hard_shrink
            ops.squareplus ops.threshold ops.softmax ops.log_softmax ops.sparsemax ops.multi_hot
            ops.relu6 ops.hard_sigmoid ops.log_sigmoid ops.softplus ops.softsign ops.hard_silu
            ops.selu ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.moments ops.cholesky
            ops.inv ops.det ops.logdet ops.slogdet ops.eigh ops.lu_factor ops.qr ops.svd ops.pinv
            ops.solve ops.solve_triangular ops.lstsq ops.rfft ops.batch_normalization
            ops.binary_crossentropy ops.categorical_crossentropy
            ops.sparse_categorical_crossentropy
        """,
        "uint8 int32": """
            ops.searchsorted
        """,
    },
    "tensorflow": {
        "bool float32": """
            ops.multi_hot
        """,
        "complex128 complex128": """
            Concatenate GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
            Dropout AlphaDropout GaussianDropout GaussianNoise ActivityRegularization
            SpatialDropout1D SpatialDropout2D SpatialDropout3D RMSNormalization RepeatVector
            Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D
            UpSampling2D UpSampling3D ops.reciprocal ops.deg2rad ops.rad2deg ops.sum
            ops.concatenate ops.stack ops.vstack ops.hstack ops.dstack ops.nansum ops.corrcoef
            ops.view_as_complex
        """,
        "complex128 complex64": """
            Dense EinsumDense Masking Add Average Multiply Subtract Dot TimeDistributed
            RandomGrayscale ops.full_like ops.prod ops.norm ops.nanprod ops.vander ops.psnr
        """,
        "complex128 float32": """
            ops.cbrt ops.angle ops.hypot ops.multi_hot ops.geomspace ops.nanmean
        """,
        "complex128 float64": """
            ops.real ops.absolute ops.imag ops.std ops.logdet ops.view_as_real
        """,
        "complex64 complex64": """
            Dense EinsumDense Masking Add Average Multiply Subtract Concatenate Dot
            GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D Dropout
            AlphaDropout GaussianDropout GaussianNoise ActivityRegularization SpatialDropout1D
            SpatialDropout2D SpatialDropout3D RMSNormalization RepeatVector Cropping1D Cropping2D
            Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D UpSampling2D
            UpSampling3D TimeDistributed ops.reciprocal ops.deg2rad ops.rad2deg ops.psnr
        """,
        "complex64 float32": """
            ops.real ops.absolute ops.cbrt ops.imag ops.angle ops.hypot ops.multi_hot ops.std
            ops.geomspace ops.nanmean ops.logdet
        """,
        "int16 float32": """
            ReLU:negative_slope ops.leaky_relu ops.multi_hot
        """,
        "int32 float32": """
            ReLU:negative_slope ops.leaky_relu ops.multi_hot
        """,
        "int32 float64": """
            Average
        """,
        "int64 float32": """
            ReLU:negative_slope ops.leaky_relu ops.multi_hot
        """,
        "int64 float64": """
            Average
        """,
        "int8 float32": """
            ReLU:negative_slope ops.leaky_relu ops.multi_hot
        """,
        "int8 int32": """
            Dot
        """,
        "uint16 float32": """
            ReLU:negative_slope ops.leaky_relu ops.multi_hot
        """,
        "uint32 float32": """
            ReLU:negative_slope ops.leaky_relu ops.multi_hot
        """,
        "uint32 float64": """
            Average
        """,
        "uint64 float32": """
            ReLU:negative_slope ops.cbrt ops.leaky_relu ops.multi_hot
        """,
        "uint64 float64": """
            Average
        """,
        "uint64 uint32": """
            Masking Add Maximum Minimum Multiply Subtract Dot ReLU:threshold
            ReLU:threshold:max_value RandomGrayscale ops.full_like ops.prod ops.nanprod ops.vander
        """,
        "uint64 uint64": """
            ops.sum ops.concatenate ops.stack ops.vstack ops.hstack ops.dstack ops.nanmax
            ops.nanmin ops.nansum
        """,
        "uint8 float32": """
            ReLU:negative_slope ops.leaky_relu ops.multi_hot
        """,
    },
    "torch": {
        "bool float32": """
            ops.rsqrt ops.erf ops.erfinv ops.squareplus ops.multi_hot ops.sigmoid
            ops.sparse_sigmoid ops.sparse_plus ops.rfft ops.categorical_crossentropy
            ops.sparse_categorical_crossentropy
        """,
        "bool int64": """
            ops.size
        """,
        "complex128 complex128": """
            Masking Add Average Multiply Subtract Concatenate GlobalAveragePooling1D
            GlobalAveragePooling2D GlobalAveragePooling3D Dropout AlphaDropout GaussianDropout
            GaussianNoise ActivityRegularization SpatialDropout1D SpatialDropout2D SpatialDropout3D
            RMSNormalization RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D
            ZeroPadding2D ZeroPadding3D UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=bicubic UpSampling3D
            Resizing Resizing:interpolation=nearest Resizing:interpolation=bicubic ops.where
            ops.tanh ops.sqrt ops.reciprocal ops.log ops.log1p ops.log2 ops.log10 ops.sin ops.cos
            ops.tan ops.sinh ops.cosh ops.arcsin ops.arccos ops.arctan ops.arcsinh ops.arccosh
            ops.arctanh ops.sinc ops.add ops.subtract ops.multiply ops.divide ops.true_divide
            ops.power ops.logsumexp ops.sum ops.concatenate ops.stack ops.vstack ops.hstack
            ops.dstack ops.append ops.trapezoid ops.outer ops.kron ops.cdist ops.corrcoef
            ops.view_as_complex ops.psnr
        """,
        "complex128 complex64": """
            Dense Dot TimeDistributed ops.cumsum ops.cumprod ops.prod ops.nancumsum ops.nancumprod
            ops.nanprod ops.vander
        """,
        "complex128 float32": """
            ops.multi_hot ops.norm ops.view
        """,
        "complex128 float64": """
            ops.real ops.absolute ops.imag ops.angle ops.std ops.eigh ops.view_as_real
        """,
        "complex128 int64": """
            ops.size
        """,
        "complex64 complex64": """
            Dense Masking Add Average Multiply Subtract Concatenate Dot GlobalAveragePooling1D
            GlobalAveragePooling2D GlobalAveragePooling3D Dropout AlphaDropout GaussianDropout
            GaussianNoise ActivityRegularization SpatialDropout1D SpatialDropout2D SpatialDropout3D
            RMSNormalization RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D
            ZeroPadding2D ZeroPadding3D UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=bicubic UpSampling3D
            TimeDistributed Resizing Resizing:interpolation=nearest Resizing:interpolation=bicubic
            ops.reciprocal ops.logsumexp ops.psnr
        """,
        "complex64 float32": """
            ops.real ops.absolute ops.imag ops.angle ops.multi_hot ops.norm ops.std ops.view
            ops.eigh
        """,
        "complex64 int64": """
            ops.size
        """,
        "int16 float32": """
            ops.rsqrt ops.erf ops.erfinv ops.squareplus ops.sparsemax ops.multi_hot ops.sigmoid
            ops.softsign ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.view ops.rfft
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "int16 int64": """
            ops.size
        """,
        "int32 float32": """
            ops.rsqrt ops.erf ops.erfinv ops.squareplus ops.sparsemax ops.multi_hot ops.sigmoid
            ops.softsign ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.view ops.rfft
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "int32 int64": """
            ops.size
        """,
        "int64 float32": """
            ops.rsqrt ops.erf ops.erfinv ops.squareplus ops.sparsemax ops.multi_hot ops.sigmoid
            ops.softsign ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.view ops.rfft
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "int64 int32": """
            Maximum Minimum Dot ops.cumsum ops.cumprod ops.prod ops.unravel_index ops.nancumsum
            ops.nancumprod ops.nanprod ops.vander
        """,
        "int64 int64": """
            AveragePooling1D AveragePooling2D AveragePooling3D ops.size
        """,
        "int8 float32": """
            ops.rsqrt ops.erf ops.erfinv ops.squareplus ops.sparsemax ops.multi_hot ops.sigmoid
            ops.softsign ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.view ops.rfft
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "int8 int32": """
            Dot
        """,
        "int8 int64": """
            ops.size
        """,
        "uint16 float32": """
            ops.rsqrt ops.erf ops.erfinv ops.squareplus ops.sparsemax ops.multi_hot ops.sigmoid
            ops.softsign ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.view ops.rfft
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "uint16 int32": """
            Identity Masking Add Maximum Minimum Multiply Subtract Concatenate Dot Activation ReLU
            ReLU:threshold ReLU:max_value ReLU:threshold:max_value MaxPooling2D MaxPooling3D
            GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D Dropout AlphaDropout
            GaussianDropout GaussianNoise ActivityRegularization SpatialDropout1D SpatialDropout2D
            SpatialDropout3D RMSNormalization SpectralNormalization Flatten Reshape Permute
            RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
            UpSampling1D UpSampling2D UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=bicubic UpSampling3D Resizing Resizing:interpolation=nearest
            Resizing:interpolation=bicubic ContrastLimitedAdaptiveHistogramEqualization
            RandomGrayscale RandomBrightness ops.real ops.round ops.clip ops.nan_to_num ops.tril
            ops.triu ops.sort ops.array ops.convert_to_tensor ops.empty_like ops.zeros_like
            ops.ones_like ops.full_like ops.cumsum ops.cumprod ops.where ops.absolute ops.negative
            ops.sign ops.square ops.trunc ops.stop_gradient ops.bitwise_invert ops.bitwise_not
            ops.copy ops.conjugate ops.add ops.subtract ops.multiply ops.floor_divide ops.mod
            ops.power ops.maximum ops.minimum ops.fmax ops.fmin ops.fmod ops.gcd ops.lcm
            ops.bitwise_and ops.bitwise_or ops.bitwise_xor ops.left_shift ops.right_shift
            ops.bitwise_left_shift ops.bitwise_right_shift ops.threshold ops.relu ops.relu6
            ops.hard_tanh ops.max ops.min ops.top_k ops.matmul ops.dot ops.tensordot ops.amax
            ops.amin ops.concatenate ops.stack ops.transpose ops.reshape ops.expand_dims
            ops.squeeze ops.flip ops.roll ops.repeat ops.tile ops.moveaxis ops.swapaxes
            ops.broadcast_to ops.ravel ops.diagonal ops.vstack ops.hstack ops.dstack ops.append
            ops.vsplit ops.hsplit ops.dsplit ops.array_split ops.unstack ops.flipud ops.fliplr
            ops.rot90 ops.diag ops.diagflat ops.split ops.get_item ops.image.resize
            ops.image.resize:interpolation=nearest ops.image.resize:interpolation=bicubic
            ops.unravel_index ops.nancumsum ops.nancumprod ops.unique ops.diff ops.nanmax
            ops.nanmin ops.ptp ops.inner ops.outer ops.kron ops.cross ops.vander
            ops.extract_sequences ops.image.rgb_to_grayscale ops.image.affine_transform
            ops.image.sobel_edges ops.image.map_coordinates ops.image.pad_images
            ops.image.crop_images ops.image.extract_patches ops.conv ops.depthwise_conv
            ops.separable_conv ops.max_pool ops.layer_normalization ops.rms_normalization
            ops.depth_to_space ops.space_to_depth ops.image.ssim
        """,
        "uint16 int64": """
            ops.size
        """,
        "uint32 float32": """
            ops.rsqrt ops.erf ops.erfinv ops.squareplus ops.sparsemax ops.multi_hot ops.sigmoid
            ops.softsign ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.view ops.rfft
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "uint32 float64": """
            ops.cbrt ops.deg2rad ops.rad2deg ops.i0 ops.corrcoef
        """,
        "uint32 int32": """
            Maximum Minimum Dot ops.cumsum ops.cumprod ops.floor_divide ops.maximum ops.minimum
            ops.fmax ops.fmin ops.matmul ops.dot ops.tensordot ops.unravel_index ops.nancumsum
            ops.nancumprod ops.inner ops.cross ops.vander
        """,
        "uint32 int64": """
            Identity Masking Add Multiply Subtract Concatenate Activation ReLU ReLU:threshold
            ReLU:max_value ReLU:threshold:max_value MaxPooling2D MaxPooling3D AveragePooling1D
            AveragePooling2D AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
            GlobalMaxPooling3D Dropout AlphaDropout GaussianDropout GaussianNoise
            ActivityRegularization SpatialDropout1D SpatialDropout2D SpatialDropout3D
            RMSNormalization SpectralNormalization Flatten Reshape Permute RepeatVector Cropping1D
            Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D
            UpSampling2D UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=bicubic
            UpSampling3D Resizing Resizing:interpolation=nearest Resizing:interpolation=bicubic
            ContrastLimitedAdaptiveHistogramEqualization RandomGrayscale RandomBrightness ops.real
            ops.round ops.clip ops.nan_to_num ops.tril ops.triu ops.sort ops.array
            ops.convert_to_tensor ops.empty_like ops.zeros_like ops.ones_like ops.full_like
            ops.where ops.absolute ops.negative ops.sign ops.square ops.trunc ops.stop_gradient
            ops.bitwise_invert ops.bitwise_not ops.copy ops.conjugate ops.add ops.subtract
            ops.multiply ops.mod ops.power ops.fmod ops.gcd ops.lcm ops.bitwise_and ops.bitwise_or
            ops.bitwise_xor ops.left_shift ops.right_shift ops.bitwise_left_shift
            ops.bitwise_right_shift ops.threshold ops.relu ops.relu6 ops.hard_tanh ops.max ops.min
            ops.top_k ops.sum ops.amax ops.amin ops.concatenate ops.stack ops.transpose ops.reshape
            ops.expand_dims ops.squeeze ops.flip ops.roll ops.repeat ops.tile ops.moveaxis
            ops.swapaxes ops.broadcast_to ops.ravel ops.diagonal ops.trace ops.vstack ops.hstack
            ops.dstack ops.append ops.vsplit ops.hsplit ops.dsplit ops.array_split ops.unstack
            ops.flipud ops.fliplr ops.rot90 ops.diag ops.diagflat ops.size ops.split ops.get_item
            ops.image.resize ops.image.resize:interpolation=nearest
            ops.image.resize:interpolation=bicubic ops.unique ops.diff ops.nanmax ops.nanmin
            ops.nansum ops.ptp ops.outer ops.kron ops.extract_sequences ops.image.rgb_to_grayscale
            ops.image.affine_transform ops.image.sobel_edges ops.image.map_coordinates
            ops.image.pad_images ops.image.crop_images ops.image.extract_patches ops.conv
            ops.depthwise_conv ops.separable_conv ops.max_pool ops.average_pool
            ops.layer_normalization ops.rms_normalization ops.depth_to_space ops.space_to_depth
            ops.image.ssim
        """,
        "uint8 float32": """
            ops.rsqrt ops.erf ops.erfinv ops.squareplus ops.sparsemax ops.multi_hot ops.sigmoid
            ops.softsign ops.tanh_shrink ops.sparse_sigmoid ops.sparse_plus ops.view ops.rfft
            ops.categorical_crossentropy ops.sparse_categorical_crossentropy
        """,
        "uint8 int64": """
            ops.size
        """,
    },
}
#: For each backend the dtypes that a tensor of an operation may have, by its place.
OPERANDS: dict[str, dict[str, str]] = {
    "tensorflow": {
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.digitize:0
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.ctc_decode:0 ops.ctc_loss:1 ops.greater:0 ops.greater:1 ops.image.ssim:0 ops.isin:0
            ops.isin:1 ops.ldexp:0 ops.nanpercentile:0 ops.nanquantile:0 ops.percentile:0
            ops.quantile:0
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.allclose:0 ops.allclose:1 ops.equal:0 ops.equal:1 ops.image.map_coordinates:0
            ops.isclose:0 ops.isclose:1 ops.not_equal:0 ops.not_equal:1 ops.scatter:1
            ops.scatter_update:0
        """,
        "float16 bfloat16 float32 float64": """
            ops.image.map_coordinates:1 ops.sparse_categorical_crossentropy:1
        """,
        "float32": """
            ops.in_top_k:1
        """,
        "int16 int32 int64": """
            ops.segment_sum:1
        """,
        "int32 int64": """
            ops.in_top_k:0 ops.scatter:0 ops.scatter_update:1 ops.segment_max:1 ops.segment_min:1
            ops.segment_prod:1 ops.slice:1 ops.slice_update:1
        """,
        "int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.geomspace:0 ops.geomspace:1
        """,
        "uint8 int32 int64 float16 bfloat16 float32 float64": """
            ops.image.affine_transform:0
        """,
        "uint8 int8 int32 int64": """
            ops.ctc_loss:2
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64": """
            HashedCrossing:0 HashedCrossing:1 ops.lcm:0 ops.lcm:1 ops.ldexp:1
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.segment_max:0 ops.segment_min:0
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.segment_prod:0 ops.segment_sum:0
        """,
    },
    "torch": {
        "bool uint8 uint16 uint32 int8 int16 int32 int64": """
            ops.bitwise_and:0 ops.bitwise_and:1 ops.bitwise_or:0 ops.bitwise_or:1 ops.bitwise_xor:0
            ops.bitwise_xor:1 ops.scatter:0
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.arctan2:0 ops.arctan2:1 ops.categorical_crossentropy:1 ops.ctc_decode:0
            ops.ctc_loss:1 ops.digitize:0 ops.digitize:1 ops.fmax:0 ops.fmax:1 ops.fmin:0
            ops.fmin:1 ops.fmod:0 ops.fmod:1 ops.greater:0 ops.greater:1 ops.greater_equal:0
            ops.greater_equal:1 ops.heaviside:0 ops.heaviside:1 ops.image.ssim:0 ops.isin:0
            ops.isin:1 ops.less:0 ops.less:1 ops.less_equal:0 ops.less_equal:1 ops.logaddexp2:0
            ops.logaddexp2:1 ops.maximum:0 ops.maximum:1 ops.minimum:0 ops.minimum:1 ops.mod:0
            ops.mod:1 ops.quantile:0 ops.sparse_categorical_crossentropy:1
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.add:0 ops.add:1 ops.allclose:0 ops.allclose:1 ops.append:0 ops.append:1
            ops.categorical_crossentropy:0 ops.concatenate:0 ops.concatenate:1 ops.correlate:0
            ops.correlate:1 ops.divide:0 ops.divide:1 ops.divide_no_nan:0 ops.divide_no_nan:1
            ops.dot:0 ops.dot:1 ops.dstack:0 ops.dstack:1 ops.hstack:0 ops.hstack:1
            ops.image.affine_transform:0 ops.image.map_coordinates:0 ops.inner:0 ops.inner:1
            ops.isclose:0 ops.isclose:1 ops.kron:0 ops.kron:1 ops.ldexp:0 ops.logaddexp:0
            ops.logaddexp:1 ops.logical_and:0 ops.logical_and:1 ops.logical_or:0 ops.logical_or:1
            ops.logical_xor:0 ops.logical_xor:1 ops.matmul:0 ops.matmul:1 ops.multiply:0
            ops.multiply:1 ops.nextafter:0 ops.nextafter:1 ops.outer:0 ops.outer:1 ops.scatter:1
            ops.take_along_axis:0 ops.tensordot:0 ops.tensordot:1 ops.true_divide:0
            ops.true_divide:1 ops.vstack:0 ops.vstack:1 ops.where:0 ops.where:1 ops.where:2
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.ctc_decode:1 ops.ctc_loss:0 ops.image.ssim:1 ops.in_top_k:0 ops.quantile:1
            ops.scatter_update:0 ops.scatter_update:1 ops.scatter_update:2 ops.segment_max:0
            ops.segment_max:1 ops.segment_min:0 ops.segment_min:1 ops.segment_prod:0
            ops.segment_prod:1 ops.segment_sum:0 ops.segment_sum:1 ops.slice:0 ops.slice:1
            ops.slice_update:0 ops.slice_update:1 ops.solve_triangular:1
            ops.sparse_categorical_crossentropy:0 ops.take:0 ops.take:1 ops.take_along_axis:1
        """,
        "float32 float64 complex64 complex128": """
            ops.solve_triangular:0
        """,
        "uint8 uint16 uint32 int8 int16 int32 int64": """
            ops.ctc_loss:2 ops.ctc_loss:3 ops.ldexp:1
        """,
        "uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.image.affine_transform:1 ops.image.map_coordinates:1 ops.in_top_k:1
        """,
        "uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.cdist:0 ops.cdist:1
        """,
    },
}
#: For each backend the tensors of operations that have the dtype of another one, by their places.
ALIKE: dict[str, str] = {
    "tensorflow": """
        ops.batch_normalization:1=0 ops.batch_normalization:2=0 ops.binary_crossentropy:1=0
        ops.categorical_crossentropy:1=0 ops.cdist:1=0 ops.conv:1=0 ops.depthwise_conv:1=0
        ops.lstsq:1=0 ops.polar:1=0 ops.psnr:1=0 ops.scatter_update:2=0 ops.searchsorted:1=0
        ops.separable_conv:1=0 ops.separable_conv:2=0 ops.slice_update:2=0 ops.solve:1=0
        ops.solve_triangular:1=0
    """,
    "torch": """
        ops.binary_crossentropy:1=0 ops.conv:1=0 ops.depthwise_conv:1=0 ops.lstsq:1=0
        ops.separable_conv:1=0 ops.separable_conv:2=0 ops.slice_update:2=0 ops.solve:1=0
    """,
}
